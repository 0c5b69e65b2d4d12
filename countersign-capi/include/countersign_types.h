/*
 * The base types that sspi.h is written in, for systems that have no windows.h.
 *
 * Every type has the width it has on Windows: ULONG, DWORD, LONG and SECURITY_STATUS are 32 bits
 * wide also where `unsigned long` has 64.
 */
#ifndef COUNTERSIGN_TYPES_H
#define COUNTERSIGN_TYPES_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#include <windows.h>
#endif

/* Somebody else's windef.h was first: its types are the ones. */
#if !defined(_WINDEF_) && !defined(_WINDEF_H) && !defined(_MINWINDEF_)

#ifdef __cplusplus
extern "C" {
#endif

/* Unions and structures without a name are in C11 and in C++, and in every compiler before them. */
#if defined(__GNUC__)
#define COUNTERSIGN_UNNAMED __extension__
#else
#define COUNTERSIGN_UNNAMED
#endif

#if (defined(__i386__) || defined(_M_IX86)) && defined(_WIN32)
#define COUNTERSIGN_CALL __stdcall
#else
#define COUNTERSIGN_CALL
#endif

#ifndef VOID
#define VOID void
#endif
#ifndef FALSE
#define FALSE 0
#endif
#ifndef TRUE
#define TRUE 1
#endif

typedef char CHAR;
typedef unsigned char UCHAR;
typedef uint8_t BYTE;
typedef uint8_t BOOLEAN;
typedef int16_t SHORT;
typedef uint16_t USHORT;
typedef uint16_t WORD;
typedef int32_t INT;
typedef uint32_t UINT;
typedef int32_t LONG;
typedef uint32_t ULONG;
typedef uint32_t DWORD;
typedef int32_t BOOL;
typedef int64_t LONGLONG;
typedef uint64_t ULONGLONG;
typedef int64_t LONG64;
typedef uint64_t ULONG64;
typedef intptr_t INT_PTR;
typedef uintptr_t UINT_PTR;
typedef intptr_t LONG_PTR;
typedef uintptr_t ULONG_PTR;
typedef uintptr_t DWORD_PTR;
typedef size_t SIZE_T;
typedef LONG HRESULT;
typedef LONG NTSTATUS;

/*
 * A UTF-16 code unit. With -fshort-wchar it is wchar_t, so that L"text" fits; else wchar_t is too
 * wide for it.
 */
#if (defined(__SIZEOF_WCHAR_T__) && __SIZEOF_WCHAR_T__ == 2) || defined(_MSC_VER)
#define COUNTERSIGN_SHORT_WCHAR 1
typedef wchar_t WCHAR;
#else
typedef uint16_t WCHAR;
#endif

typedef void *PVOID;
typedef void *LPVOID;
typedef const void *LPCVOID;
typedef void *HANDLE;
typedef HANDLE *PHANDLE;
typedef CHAR *PCHAR;
typedef CHAR *PSTR;
typedef CHAR *LPSTR;
typedef const CHAR *PCSTR;
typedef const CHAR *LPCSTR;
typedef WCHAR *PWCHAR;
typedef WCHAR *PWSTR;
typedef WCHAR *LPWSTR;
typedef const WCHAR *PCWSTR;
typedef const WCHAR *LPCWSTR;
typedef UCHAR *PUCHAR;
typedef BYTE *PBYTE;
typedef BYTE *LPBYTE;
typedef BOOLEAN *PBOOLEAN;
typedef BOOL *PBOOL;
typedef BOOL *LPBOOL;
typedef SHORT *PSHORT;
typedef USHORT *PUSHORT;
typedef WORD *PWORD;
typedef WORD *LPWORD;
typedef LONG *PLONG;
typedef LONG *LPLONG;
typedef ULONG *PULONG;
typedef DWORD *PDWORD;
typedef DWORD *LPDWORD;
typedef ULONG_PTR *PULONG_PTR;

/* A signed 64-bit number, whole or in halves. */
typedef union _LARGE_INTEGER {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    COUNTERSIGN_UNNAMED struct {
        LONG HighPart;
        DWORD LowPart;
    };
    struct {
        LONG HighPart;
        DWORD LowPart;
    } u;
#else
    COUNTERSIGN_UNNAMED struct {
        DWORD LowPart;
        LONG HighPart;
    };
    struct {
        DWORD LowPart;
        LONG HighPart;
    } u;
#endif
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

/* A time: 100 ns ticks since 1601-01-01, in halves. */
typedef struct _FILETIME {
    DWORD dwLowDateTime;
    DWORD dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;

/* The number of a logon session, among others. */
typedef struct _LUID {
    DWORD LowPart;
    LONG HighPart;
} LUID, *PLUID;

#ifndef GUID_DEFINED
#define GUID_DEFINED
typedef struct _GUID {
    uint32_t Data1;
    uint16_t Data2;
    uint16_t Data3;
    uint8_t Data4[8];
} GUID;
#endif

/* A text with its lengths in bytes; no terminator is needed. */
typedef struct _UNICODE_STRING {
    USHORT Length;
    USHORT MaximumLength;
    PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING, LSA_UNICODE_STRING, *PLSA_UNICODE_STRING;

#ifdef __cplusplus
}
#endif

#else /* the types are somebody else's */

#if defined(__GNUC__)
#define COUNTERSIGN_UNNAMED __extension__
#else
#define COUNTERSIGN_UNNAMED
#endif
#if defined(WINAPI)
#define COUNTERSIGN_CALL WINAPI
#else
#define COUNTERSIGN_CALL
#endif
#if (defined(__SIZEOF_WCHAR_T__) && __SIZEOF_WCHAR_T__ == 2) || defined(_MSC_VER)
#define COUNTERSIGN_SHORT_WCHAR 1
#endif

#endif

/*
 * A UTF-16 text as a constant, however wide wchar_t is: once as a literal, and once character by
 * character for compilers that know no u"text".
 */
#if defined(COUNTERSIGN_SHORT_WCHAR)
#define COUNTERSIGN_WIDE(literal, ...) L##literal
#elif defined(__cplusplus)
#define COUNTERSIGN_WIDE(literal, ...) (reinterpret_cast<const WCHAR *>(u##literal))
#else
#define COUNTERSIGN_WIDE(literal, ...) ((const WCHAR[]){__VA_ARGS__, 0})
#endif

/*
 * A text of the neutral kind. With UNICODE, and where wchar_t has 32 bits, that takes a compiler
 * that knows u"text" (C11, C++11); older ones want -fshort-wchar.
 */
#if !defined(UNICODE)
#define COUNTERSIGN_TEXT(literal) literal
#elif defined(COUNTERSIGN_SHORT_WCHAR)
#define COUNTERSIGN_TEXT(literal) L##literal
#elif defined(__cplusplus)
#define COUNTERSIGN_TEXT(literal) (reinterpret_cast<const WCHAR *>(u##literal))
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define COUNTERSIGN_TEXT(literal) u##literal
#else
#define COUNTERSIGN_TEXT(literal) L##literal
#endif

#endif
