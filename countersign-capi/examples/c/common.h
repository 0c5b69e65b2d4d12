/*
 * What the two programs share: frames over a socket, texts in both widths, and messages.
 *
 * A frame is one byte for its kind, four for its length (big-endian), and the payload. Kinds:
 *   T  a token of the handshake           E  the sender gives up; the payload says why
 *   D  the server has authenticated       W  a sealed message: token, then data
 *   M  a signed message: length of the message (4 bytes, big-endian), message, signature
 *   Q  nothing more follows
 */
#ifndef COUNTERSIGN_EXAMPLES_COMMON_H
#define COUNTERSIGN_EXAMPLES_COMMON_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECURITY_WIN32
#include <windows.h>
#include <security.h>

#define MAX_FRAME (16u * 1024 * 1024)
#define MAX_TEXT 1024
#define PACKAGE TEXT("NTLM")

/* Exit codes. */
#define EXIT_DENIED 2  /* the authentication failed */
#define EXIT_NETWORK 3 /* the connection failed */
#define EXIT_MESSAGE 4 /* a message was refused */
#define EXIT_USAGE 64

struct frame {
    char kind; /* 0: the peer has closed the connection */
    unsigned char *payload;
    ULONG length;
};

static inline int fail(const char *what, SECURITY_STATUS status)
{
    fprintf(stderr, "%s: 0x%08X\n", what, (unsigned)status);
    return 0;
}

static inline int write_all(int to, const unsigned char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t count = send(to, bytes, length, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            perror("send");
            return 0;
        }
        bytes += count;
        length -= (size_t)count;
    }
    return 1;
}

/* 1: all of it; 0: nothing, the connection was closed; -1: something else. */
static inline int read_all(int from, unsigned char *bytes, size_t length)
{
    size_t have = 0;
    while (have < length) {
        ssize_t count = recv(from, bytes + have, length - have, 0);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            perror("recv");
            return -1;
        }
        if (count == 0) {
            return have == 0 ? 0 : -1;
        }
        have += (size_t)count;
    }
    return 1;
}

static inline int send_frame(int to, char kind, const void *payload, ULONG length)
{
    unsigned char header[5];
    header[0] = (unsigned char)kind;
    header[1] = (unsigned char)(length >> 24);
    header[2] = (unsigned char)(length >> 16);
    header[3] = (unsigned char)(length >> 8);
    header[4] = (unsigned char)length;
    return write_all(to, header, sizeof(header)) &&
           (length == 0 || write_all(to, (const unsigned char *)payload, length));
}

static inline int receive_frame(int from, struct frame *frame)
{
    unsigned char header[5];
    int result = read_all(from, header, sizeof(header));
    memset(frame, 0, sizeof(*frame));
    if (result <= 0) {
        return result == 0;
    }
    frame->length = (ULONG)header[1] << 24 | (ULONG)header[2] << 16 | (ULONG)header[3] << 8 |
                    (ULONG)header[4];
    if (frame->length > MAX_FRAME) {
        fprintf(stderr, "a frame of %u bytes is too long\n", (unsigned)frame->length);
        return 0;
    }
    frame->kind = (char)header[0];
    frame->payload = (unsigned char *)malloc((size_t)frame->length + 1);
    if (frame->payload == NULL) {
        fprintf(stderr, "no memory\n");
        return 0;
    }
    frame->payload[frame->length] = '\0';
    if (frame->length > 0 && read_all(from, frame->payload, frame->length) != 1) {
        fprintf(stderr, "the connection broke off inside a frame\n");
        free(frame->payload);
        frame->payload = NULL;
        return 0;
    }
    return 1;
}

static inline void free_frame(struct frame *frame)
{
    free(frame->payload);
    frame->payload = NULL;
}

/* Tells the peer a status and nothing else. */
static inline void send_error(int to, SECURITY_STATUS status)
{
    char text[16];
    snprintf(text, sizeof(text), "0x%08X", (unsigned)status);
    send_frame(to, 'E', text, (ULONG)strlen(text));
}

/* The peer's reason, without what a terminal would obey. */
static inline void print_error(const struct frame *frame)
{
    ULONG n;
    fputs("the peer gave up: ", stderr);
    for (n = 0; n < frame->length && n < 200; n++) {
        fputc(frame->payload[n] >= ' ' && frame->payload[n] < 0x7F ? frame->payload[n] : '?',
              stderr);
    }
    fputc('\n', stderr);
}

/* UTF-8, as it comes from the command line, to the width of the build. */
static inline int to_text(const char *utf8, TCHAR text[MAX_TEXT])
{
#ifdef UNICODE
    size_t n = 0;
    while (*utf8 != '\0') {
        unsigned long code = (unsigned char)*utf8++;
        int more = code >= 0xF0 ? 3 : code >= 0xE0 ? 2 : code >= 0xC0 ? 1 : 0;
        if (more > 0) {
            code &= 0x3FUL >> more;
        }
        for (; more > 0; more--) {
            if (((unsigned char)*utf8 & 0xC0) != 0x80) {
                return 0;
            }
            code = code << 6 | ((unsigned char)*utf8++ & 0x3F);
        }
        if (n + 3 > MAX_TEXT) {
            return 0;
        }
        if (code >= 0x10000) {
            text[n++] = (TCHAR)(0xD800 + ((code - 0x10000) >> 10));
            text[n++] = (TCHAR)(0xDC00 + ((code - 0x10000) & 0x3FF));
        } else {
            text[n++] = (TCHAR)code;
        }
    }
    text[n] = 0;
    return 1;
#else
    if (strlen(utf8) >= MAX_TEXT) {
        return 0;
    }
    strcpy(text, utf8);
    return 1;
#endif
}

static inline ULONG text_length(const TCHAR *text)
{
    ULONG n = 0;
    while (text[n] != 0) {
        n++;
    }
    return n;
}

/* Prints a name that the library gave. */
static inline void print_text(const char *label, const TCHAR *text)
{
    printf("%s", label);
    for (; *text != 0; text++) {
#ifdef UNICODE
        unsigned long code = (unsigned long)*text;
        if (code >= 0xD800 && code < 0xDC00 && text[1] != 0) {
            code = 0x10000 + ((code - 0xD800) << 10) + ((unsigned long)*++text - 0xDC00);
        }
        if (code < 0x80) {
            putchar((int)code);
        } else if (code < 0x800) {
            putchar((int)(0xC0 | code >> 6));
            putchar((int)(0x80 | (code & 0x3F)));
        } else if (code < 0x10000) {
            putchar((int)(0xE0 | code >> 12));
            putchar((int)(0x80 | (code >> 6 & 0x3F)));
            putchar((int)(0x80 | (code & 0x3F)));
        } else {
            putchar((int)(0xF0 | code >> 18));
            putchar((int)(0x80 | (code >> 12 & 0x3F)));
            putchar((int)(0x80 | (code >> 6 & 0x3F)));
            putchar((int)(0x80 | (code & 0x3F)));
        }
#else
        putchar(*text);
#endif
    }
    putchar('\n');
}

/* The packages of the library, and the longest token of ours. */
static inline ULONG longest_token(int list)
{
    PSecPkgInfo packages = NULL;
    PSecPkgInfo info = NULL;
    ULONG count = 0, n, longest;
    SECURITY_STATUS status;
    TCHAR package[] = PACKAGE;

    if (list) {
        status = EnumerateSecurityPackages(&count, &packages);
        if (status != SEC_E_OK) {
            fail("EnumerateSecurityPackages", status);
            return 0;
        }
        for (n = 0; n < count; n++) {
            print_text("package: ", packages[n].Name);
        }
        FreeContextBuffer(packages);
    }
    status = QuerySecurityPackageInfo(package, &info);
    if (status != SEC_E_OK) {
        fail("QuerySecurityPackageInfo", status);
        return 0;
    }
    longest = info->cbMaxToken;
    FreeContextBuffer(info);
    return longest;
}

/* What an established context says of itself. */
static inline int show_context(CtxtHandle *context, SecPkgContext_Sizes *sizes)
{
    SecPkgContext_Names names;
    SecPkgContext_Flags flags;
    SecPkgContext_SessionKey key;
    SECURITY_STATUS status;

    status = QueryContextAttributes(context, SECPKG_ATTR_SIZES, sizes);
    if (status != SEC_E_OK) {
        return fail("sizes", status);
    }
    printf("signature: %u bytes, trailer: %u bytes\n", (unsigned)sizes->cbMaxSignature,
           (unsigned)sizes->cbSecurityTrailer);

    memset(&names, 0, sizeof(names));
    status = QueryContextAttributes(context, SECPKG_ATTR_NAMES, &names);
    if (status != SEC_E_OK) {
        return fail("names", status);
    }
    print_text("client: ", names.sUserName);
    FreeContextBuffer(names.sUserName);

    status = QueryContextAttributes(context, SECPKG_ATTR_FLAGS, &flags);
    if (status != SEC_E_OK) {
        return fail("flags", status);
    }
    printf("flags: 0x%08X\n", (unsigned)flags.Flags);

    memset(&key, 0, sizeof(key));
    status = QueryContextAttributes(context, SECPKG_ATTR_SESSION_KEY, &key);
    if (status != SEC_E_OK) {
        return fail("session key", status);
    }
    printf("session key: %u bytes\n", (unsigned)key.SessionKeyLength);
    SecureZeroMemory(key.SessionKey, key.SessionKeyLength);
    FreeContextBuffer(key.SessionKey);
    return 1;
}

/* Sends one sealed message. */
static inline SECURITY_STATUS send_sealed(int to, CtxtHandle *context,
                                          const SecPkgContext_Sizes *sizes, const void *text,
                                          ULONG length)
{
    ULONG room = sizes->cbSecurityTrailer;
    unsigned char *wire = (unsigned char *)malloc((size_t)room + length + sizes->cbBlockSize);
    SecBuffer buffers[3];
    SecBufferDesc message;
    SECURITY_STATUS status;

    if (wire == NULL) {
        return SEC_E_INSUFFICIENT_MEMORY;
    }
    if (length > 0) {
        memcpy(wire + room, text, length);
    }
    buffers[0].BufferType = SECBUFFER_TOKEN;
    buffers[0].pvBuffer = wire;
    buffers[0].cbBuffer = room;
    buffers[1].BufferType = SECBUFFER_DATA;
    buffers[1].pvBuffer = wire + room;
    buffers[1].cbBuffer = length;
    buffers[2].BufferType = SECBUFFER_PADDING;
    buffers[2].pvBuffer = wire + room + length;
    buffers[2].cbBuffer = sizes->cbBlockSize;
    message.ulVersion = SECBUFFER_VERSION;
    message.cBuffers = 3;
    message.pBuffers = buffers;

    status = EncryptMessage(context, 0, &message, 0);
    if (status == SEC_E_OK) {
        /* The token may have become shorter: the data follows it directly. */
        memmove(wire + buffers[0].cbBuffer, wire + room, length);
        memmove(wire + buffers[0].cbBuffer + length, wire + room + length, buffers[2].cbBuffer);
        if (!send_frame(to, 'W', wire, buffers[0].cbBuffer + length + buffers[2].cbBuffer)) {
            status = SEC_E_INTERNAL_ERROR;
        }
    }
    SecureZeroMemory(wire, (size_t)room + length);
    free(wire);
    return status;
}

/* Sends one signed message, in clear. */
static inline SECURITY_STATUS send_signed(int to, CtxtHandle *context,
                                          const SecPkgContext_Sizes *sizes, const void *text,
                                          ULONG length)
{
    unsigned char *wire = (unsigned char *)malloc(4 + (size_t)length + sizes->cbMaxSignature);
    SecBuffer buffers[2];
    SecBufferDesc message;
    SECURITY_STATUS status;

    if (wire == NULL) {
        return SEC_E_INSUFFICIENT_MEMORY;
    }
    wire[0] = (unsigned char)(length >> 24);
    wire[1] = (unsigned char)(length >> 16);
    wire[2] = (unsigned char)(length >> 8);
    wire[3] = (unsigned char)length;
    if (length > 0) {
        memcpy(wire + 4, text, length);
    }
    buffers[0].BufferType = SECBUFFER_DATA;
    buffers[0].pvBuffer = wire + 4;
    buffers[0].cbBuffer = length;
    buffers[1].BufferType = SECBUFFER_TOKEN;
    buffers[1].pvBuffer = wire + 4 + length;
    buffers[1].cbBuffer = sizes->cbMaxSignature;
    message.ulVersion = SECBUFFER_VERSION;
    message.cBuffers = 2;
    message.pBuffers = buffers;

    status = MakeSignature(context, 0, &message, 0);
    if (status == SEC_E_OK && !send_frame(to, 'M', wire, 4 + length + buffers[1].cbBuffer)) {
        status = SEC_E_INTERNAL_ERROR;
    }
    free(wire);
    return status;
}

/* Checks a signed message. `text` points into the frame. */
static inline SECURITY_STATUS open_signed(CtxtHandle *context, struct frame *frame, char **text,
                                          ULONG *length)
{
    SecBuffer buffers[2];
    SecBufferDesc message;
    ULONG quality;

    if (frame->length < 4) {
        return SEC_E_INVALID_TOKEN;
    }
    *length = (ULONG)frame->payload[0] << 24 | (ULONG)frame->payload[1] << 16 |
              (ULONG)frame->payload[2] << 8 | (ULONG)frame->payload[3];
    if (*length > frame->length - 4) {
        return SEC_E_INVALID_TOKEN;
    }
    *text = (char *)frame->payload + 4;
    buffers[0].BufferType = SECBUFFER_DATA;
    buffers[0].pvBuffer = *text;
    buffers[0].cbBuffer = *length;
    buffers[1].BufferType = SECBUFFER_TOKEN;
    buffers[1].pvBuffer = *text + *length;
    buffers[1].cbBuffer = frame->length - 4 - *length;
    message.ulVersion = SECBUFFER_VERSION;
    message.cBuffers = 2;
    message.pBuffers = buffers;
    return VerifySignature(context, &message, 0, &quality);
}

#endif
