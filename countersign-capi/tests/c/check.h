/*
 * What the test programs share: results, buffers with guards around them, and two contexts that
 * authenticate each other in one process.
 */
#ifndef COUNTERSIGN_TESTS_CHECK_H
#define COUNTERSIGN_TESTS_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "security.h"

/* The accounts that run.sh writes into the configuration. */
#define DOMAIN "LAB"
#define USER "alice"
#define PASSWORD "Passw0rd"
#define QUALIFIED "LAB\\alice"
/* Names and passwords are not ASCII everywhere: these are in UTF-8. */
#define OTHER_USER "j\xC3\xB6rg"
#define OTHER_PASSWORD "Gr\xC3\xBC\xC3\x9F" "e7"
#define OTHER_QUALIFIED "LAB\\j\xC3\xB6rg"
#define TARGET "HTTP/www.example.com"

#define PROTECTED_REQ                                                                              \
    (ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY | ISC_REQ_REPLAY_DETECT |                         \
     ISC_REQ_SEQUENCE_DETECT | ISC_REQ_CONNECTION)
#define PROTECTED_ASC                                                                              \
    (ASC_REQ_CONFIDENTIALITY | ASC_REQ_INTEGRITY | ASC_REQ_REPLAY_DETECT |                         \
     ASC_REQ_SEQUENCE_DETECT | ASC_REQ_CONNECTION)

static int checks_passed;
static int checks_failed;

static inline int check(const char *name, int holds)
{
    if (holds) {
        checks_passed++;
        printf("ok %s\n", name);
    } else {
        checks_failed++;
        printf("FAIL %s\n", name);
    }
    fflush(stdout);
    return holds;
}

static inline int status_is(const char *name, SECURITY_STATUS got, SECURITY_STATUS due)
{
    if (got == due) {
        return check(name, 1);
    }
    checks_failed++;
    printf("FAIL %s: 0x%08X came, 0x%08X was due\n", name, (unsigned)got, (unsigned)due);
    fflush(stdout);
    return 0;
}

/* An error, whichever: for what the interface leaves open. */
static inline int refused(const char *name, SECURITY_STATUS got)
{
    if (got < 0) {
        return check(name, 1);
    }
    checks_failed++;
    printf("FAIL %s: 0x%08X came, an error was due\n", name, (unsigned)got);
    fflush(stdout);
    return 0;
}

static inline int finish(const char *program)
{
    printf("%s: %d passed, %d failed\n", program, checks_passed, checks_failed);
    return checks_failed == 0 && checks_passed > 0 ? 0 : 1;
}

/* For what a test can not go on without. */
static inline void must(const char *name, int holds)
{
    if (!holds) {
        printf("FAIL %s\n", name);
        printf("the program ends here\n");
        exit(1);
    }
}

/* ---- buffers ------------------------------------------------------------------------------ */

#define GUARD 64
#define GUARD_BYTE 0xA5

/* Memory with bytes before and behind it that nobody may change. */
struct guarded {
    unsigned char *all;
    unsigned char *at;
    size_t length;
};

static inline struct guarded guarded(size_t length)
{
    struct guarded memory;
    memory.length = length;
    memory.all = (unsigned char *)malloc(length + 2 * GUARD);
    must("memory", memory.all != NULL);
    memset(memory.all, GUARD_BYTE, length + 2 * GUARD);
    memory.at = memory.all + GUARD;
    memset(memory.at, 0, length);
    return memory;
}

static inline struct guarded guarded_text(const char *text)
{
    struct guarded memory = guarded(strlen(text));
    memcpy(memory.at, text, strlen(text));
    return memory;
}

static inline int intact(const struct guarded *memory)
{
    size_t n;
    for (n = 0; n < GUARD; n++) {
        if (memory->all[n] != GUARD_BYTE || memory->at[memory->length + n] != GUARD_BYTE) {
            return 0;
        }
    }
    return 1;
}

static inline int holds_text(const struct guarded *memory, const char *text)
{
    return memory->length == strlen(text) && memcmp(memory->at, text, memory->length) == 0;
}

static inline void release(struct guarded *memory)
{
    free(memory->all);
    memory->all = NULL;
}

static inline void set_buffer(SecBuffer *buffer, ULONG type, void *at, size_t length)
{
    buffer->BufferType = type;
    buffer->pvBuffer = at;
    buffer->cbBuffer = (ULONG)length;
}

static inline SecBufferDesc describe(SecBuffer *buffers, ULONG count)
{
    SecBufferDesc description;
    description.ulVersion = SECBUFFER_VERSION;
    description.cBuffers = count;
    description.pBuffers = buffers;
    return description;
}

/* ---- contexts ----------------------------------------------------------------------------- */

struct pair {
    CredHandle client_credential;
    CredHandle server_credential;
    CtxtHandle client;
    CtxtHandle server;
    ULONG client_flags;
    ULONG server_flags;
};

static inline void identity_of(SEC_WINNT_AUTH_IDENTITY_A *identity, const char *domain,
                               const char *user, const char *password)
{
    memset(identity, 0, sizeof(*identity));
    identity->User = (unsigned char *)user;
    identity->UserLength = (ULONG)strlen(user);
    identity->Domain = (unsigned char *)domain;
    identity->DomainLength = (ULONG)strlen(domain);
    identity->Password = (unsigned char *)password;
    identity->PasswordLength = (ULONG)strlen(password);
    identity->Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
}

static inline SECURITY_STATUS acquire_client(CredHandle *credential)
{
    SEC_WINNT_AUTH_IDENTITY_A identity;
    TimeStamp expiry;
    identity_of(&identity, DOMAIN, USER, PASSWORD);
    return AcquireCredentialsHandleA(NULL, NTLMSP_NAME_A, SECPKG_CRED_OUTBOUND, NULL, &identity,
                                     NULL, NULL, credential, &expiry);
}

static inline SECURITY_STATUS acquire_server(CredHandle *credential)
{
    TimeStamp expiry;
    return AcquireCredentialsHandleA(NULL, NTLMSP_NAME_A, SECPKG_CRED_INBOUND, NULL, NULL, NULL,
                                     NULL, credential, &expiry);
}

#define MAX_TOKEN 4096

/* Exchanges the three tokens of NTLM. The result is that of the server's last step. */
static inline SECURITY_STATUS pair_establish(struct pair *pair, ULONG client_request,
                                             ULONG server_request)
{
    static const char target[] = TARGET;
    unsigned char one[MAX_TOKEN], two[MAX_TOKEN], three[MAX_TOKEN], four[MAX_TOKEN];
    SecBuffer in, out;
    SecBufferDesc input = describe(&in, 1), output = describe(&out, 1);
    TimeStamp expiry;
    SECURITY_STATUS status;

    SecInvalidateHandle(&pair->client);
    SecInvalidateHandle(&pair->server);
    set_buffer(&out, SECBUFFER_TOKEN, one, sizeof(one));
    status = InitializeSecurityContextA(&pair->client_credential, NULL, target, client_request, 0,
                                        SECURITY_NATIVE_DREP, NULL, 0, &pair->client, &output,
                                        &pair->client_flags, &expiry);
    if (status != SEC_I_CONTINUE_NEEDED) {
        return status;
    }
    set_buffer(&in, SECBUFFER_TOKEN, one, out.cbBuffer);
    set_buffer(&out, SECBUFFER_TOKEN, two, sizeof(two));
    status = AcceptSecurityContext(&pair->server_credential, NULL, &input, server_request,
                                   SECURITY_NATIVE_DREP, &pair->server, &output,
                                   &pair->server_flags, &expiry);
    if (status != SEC_I_CONTINUE_NEEDED) {
        return status;
    }
    set_buffer(&in, SECBUFFER_TOKEN, two, out.cbBuffer);
    set_buffer(&out, SECBUFFER_TOKEN, three, sizeof(three));
    status = InitializeSecurityContextA(&pair->client_credential, &pair->client, target,
                                        client_request, 0, SECURITY_NATIVE_DREP, &input, 0,
                                        &pair->client, &output, &pair->client_flags, &expiry);
    if (status != SEC_E_OK) {
        return status;
    }
    set_buffer(&in, SECBUFFER_TOKEN, three, out.cbBuffer);
    set_buffer(&out, SECBUFFER_TOKEN, four, sizeof(four));
    return AcceptSecurityContext(&pair->server_credential, &pair->server, &input, server_request,
                                 SECURITY_NATIVE_DREP, &pair->server, &output, &pair->server_flags,
                                 &expiry);
}

static inline SECURITY_STATUS pair_open(struct pair *pair, ULONG client_request,
                                        ULONG server_request)
{
    SECURITY_STATUS status;
    memset(pair, 0, sizeof(*pair));
    status = acquire_client(&pair->client_credential);
    if (status == SEC_E_OK) {
        status = acquire_server(&pair->server_credential);
    }
    return status == SEC_E_OK ? pair_establish(pair, client_request, server_request) : status;
}

static inline void pair_close(struct pair *pair)
{
    DeleteSecurityContext(&pair->client);
    DeleteSecurityContext(&pair->server);
    FreeCredentialsHandle(&pair->client_credential);
    FreeCredentialsHandle(&pair->server_credential);
}

/* One message: the token apart from the data. */
static inline SECURITY_STATUS seal(CtxtHandle *context, ULONG quality, unsigned char token[16],
                                   void *data, size_t length)
{
    SecBuffer buffers[3];
    SecBufferDesc message = describe(buffers, 3);
    set_buffer(&buffers[0], SECBUFFER_TOKEN, token, 16);
    set_buffer(&buffers[1], SECBUFFER_DATA, data, length);
    set_buffer(&buffers[2], SECBUFFER_PADDING, NULL, 0);
    return EncryptMessage(context, quality, &message, 0);
}

static inline SECURITY_STATUS unseal(CtxtHandle *context, unsigned char token[16], void *data,
                                     size_t length)
{
    SecBuffer buffers[2];
    SecBufferDesc message = describe(buffers, 2);
    set_buffer(&buffers[0], SECBUFFER_TOKEN, token, 16);
    set_buffer(&buffers[1], SECBUFFER_DATA, data, length);
    return DecryptMessage(context, &message, 0, NULL);
}

static inline SECURITY_STATUS sign(CtxtHandle *context, unsigned char token[16], void *data,
                                   size_t length)
{
    SecBuffer buffers[2];
    SecBufferDesc message = describe(buffers, 2);
    set_buffer(&buffers[0], SECBUFFER_DATA, data, length);
    set_buffer(&buffers[1], SECBUFFER_TOKEN, token, 16);
    return MakeSignature(context, 0, &message, 0);
}

static inline SECURITY_STATUS verify(CtxtHandle *context, unsigned char token[16], void *data,
                                     size_t length)
{
    SecBuffer buffers[2];
    SecBufferDesc message = describe(buffers, 2);
    set_buffer(&buffers[0], SECBUFFER_DATA, data, length);
    set_buffer(&buffers[1], SECBUFFER_TOKEN, token, 16);
    return VerifySignature(context, &message, 0, NULL);
}

#endif
