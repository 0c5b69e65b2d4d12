/*
 * A windows.h for programs whose only need of it are types and a few helpers. It is in a folder of
 * its own: put that on the include path only if the program asks for windows.h.
 */
#ifndef COUNTERSIGN_COMPAT_WINDOWS_H
#define COUNTERSIGN_COMPAT_WINDOWS_H

#if defined(_WIN32)
#include_next <windows.h>
#else

#include <string.h>

#include "../countersign_types.h"
#include "winerror.h"

/* Markers in prototypes, without a meaning for the compiler. */
#ifndef IN
#define IN
#endif
#ifndef OUT
#define OUT
#endif
#ifndef OPTIONAL
#define OPTIONAL
#endif
#ifndef CONST
#define CONST const
#endif

#ifndef WINAPI
#define WINAPI COUNTERSIGN_CALL
#endif
#ifndef APIENTRY
#define APIENTRY WINAPI
#endif
#ifndef CALLBACK
#define CALLBACK COUNTERSIGN_CALL
#endif
#ifndef FAR
#define FAR
#endif
#ifndef NEAR
#define NEAR
#endif

typedef HANDLE HWND;
typedef HANDLE HINSTANCE;
typedef HANDLE HMODULE;
typedef HANDLE HLOCAL;
typedef UINT_PTR WPARAM;
typedef LONG_PTR LPARAM;
typedef LONG_PTR LRESULT;
typedef float FLOAT;

/* Unsigned counterpart of LARGE_INTEGER. */
typedef union _ULARGE_INTEGER {
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    COUNTERSIGN_UNNAMED struct {
        DWORD HighPart;
        DWORD LowPart;
    };
#else
    COUNTERSIGN_UNNAMED struct {
        DWORD LowPart;
        DWORD HighPart;
    };
#endif
    ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

/* The neutral character. */
#if defined(UNICODE)
typedef WCHAR TCHAR;
#else
typedef CHAR TCHAR;
#endif
typedef TCHAR *PTSTR;
typedef TCHAR *LPTSTR;
typedef const TCHAR *PCTSTR;
typedef const TCHAR *LPCTSTR;
#ifndef TEXT
#define TEXT(literal) COUNTERSIGN_TEXT(literal)
#endif
#ifndef _T
#define _T(literal) COUNTERSIGN_TEXT(literal)
#endif

#ifndef MAX_PATH
#define MAX_PATH 260
#endif
#ifndef INVALID_HANDLE_VALUE
#define INVALID_HANDLE_VALUE ((HANDLE)(LONG_PTR)-1)
#endif

#ifndef MAKEWORD
#define MAKEWORD(low, high) ((WORD)(((WORD)(BYTE)(low)) | (WORD)(((WORD)(BYTE)(high)) << 8)))
#endif
#ifndef MAKELONG
#define MAKELONG(low, high) ((LONG)(((DWORD)(WORD)(low)) | (((DWORD)(WORD)(high)) << 16)))
#endif
#ifndef LOWORD
#define LOWORD(number) ((WORD)((DWORD_PTR)(number)&0xFFFF))
#endif
#ifndef HIWORD
#define HIWORD(number) ((WORD)(((DWORD_PTR)(number) >> 16) & 0xFFFF))
#endif
#ifndef LOBYTE
#define LOBYTE(number) ((BYTE)((DWORD_PTR)(number)&0xFF))
#endif
#ifndef HIBYTE
#define HIBYTE(number) ((BYTE)(((DWORD_PTR)(number) >> 8) & 0xFF))
#endif

#ifndef ZeroMemory
#define ZeroMemory(at, length) memset((at), 0, (length))
#endif
#ifndef FillMemory
#define FillMemory(at, length, value) memset((at), (value), (length))
#endif
#ifndef CopyMemory
#define CopyMemory(to, from, length) memcpy((to), (from), (length))
#endif
#ifndef MoveMemory
#define MoveMemory(to, from, length) memmove((to), (from), (length))
#endif

/* Zeroes that no optimiser takes away. */
static inline PVOID COUNTERSIGN_SecureZeroMemory(PVOID at, SIZE_T length)
{
    volatile unsigned char *byte = (volatile unsigned char *)at;
    while (length-- > 0) {
        *byte++ = 0;
    }
    return at;
}
#ifndef SecureZeroMemory
#define SecureZeroMemory COUNTERSIGN_SecureZeroMemory
#endif

#endif

#endif
