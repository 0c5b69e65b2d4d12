/*
 * Every function with arguments that no program should give: missing ones, handles that are stale,
 * foreign, swapped or made up, lengths that lie, pointers that are not aligned.
 */
#include "check.h"

/* Not in sspi.h: ntsecpkg.h declares them on Windows. */
#ifdef __cplusplus
extern "C" {
#endif
SECURITY_STATUS SEC_ENTRY CredMarshalTargetInfo(void *InTargetInfo, USHORT **Buffer,
                                                ULONG *BufferSize);
SECURITY_STATUS SEC_ENTRY CredUnmarshalTargetInfo(USHORT *Buffer, ULONG BufferSize,
                                                  void **RetTargetInfo, ULONG *RetActualSize);
#ifdef __cplusplus
}
#endif

static const SEC_WCHAR wide_ntlm[] = {'N', 'T', 'L', 'M', 0};

/* ---- handles ------------------------------------------------------------------------------ */

/* Every function that takes a context, with one that is none. */
static void no_context(const char *name, PCtxtHandle handle, int deletable)
{
    unsigned char bytes[64] = {0}, token[16] = {0};
    SecBuffer buffers[2], packed;
    SecBufferDesc message = describe(buffers, 2);
    CredHandle client, server;
    CtxtHandle fresh;
    ULONG flags = 0, needed = 0;
    TimeStamp expiry;
    void *token_handle = NULL;
    char line[160];

#define INVALID(what, call)                                                                        \
    do {                                                                                           \
        snprintf(line, sizeof(line), "%s: %s", name, what);                                        \
        status_is(line, call, SEC_E_INVALID_HANDLE);                                               \
    } while (0)

    set_buffer(&buffers[0], SECBUFFER_TOKEN, token, sizeof(token));
    set_buffer(&buffers[1], SECBUFFER_DATA, bytes, sizeof(bytes));
    set_buffer(&packed, SECBUFFER_EMPTY, NULL, 0);
    INVALID("MakeSignature", MakeSignature(handle, 0, &message, 0));
    INVALID("VerifySignature", VerifySignature(handle, &message, 0, &flags));
    INVALID("EncryptMessage", EncryptMessage(handle, 0, &message, 0));
    INVALID("DecryptMessage", DecryptMessage(handle, &message, 0, &flags));
    INVALID("SealMessage", SealMessage(handle, 0, &message, 0));
    INVALID("UnsealMessage", UnsealMessage(handle, &message, 0, &flags));
    INVALID("QueryContextAttributesA", QueryContextAttributesA(handle, SECPKG_ATTR_SIZES, bytes));
    INVALID("QueryContextAttributesW", QueryContextAttributesW(handle, SECPKG_ATTR_SIZES, bytes));
    INVALID("QueryContextAttributesExA",
            QueryContextAttributesExA(handle, SECPKG_ATTR_SIZES, bytes, sizeof(bytes)));
    INVALID("QueryContextAttributesExW",
            QueryContextAttributesExW(handle, SECPKG_ATTR_SIZES, bytes, sizeof(bytes)));
    INVALID("SetContextAttributesA",
            SetContextAttributesA(handle, SECPKG_ATTR_APP_DATA, bytes, sizeof(bytes)));
    INVALID("SetContextAttributesW",
            SetContextAttributesW(handle, SECPKG_ATTR_APP_DATA, bytes, sizeof(bytes)));
    INVALID("CompleteAuthToken", CompleteAuthToken(handle, &message));
    INVALID("ApplyControlToken", ApplyControlToken(handle, &message));
    INVALID("ImpersonateSecurityContext", ImpersonateSecurityContext(handle));
    INVALID("RevertSecurityContext", RevertSecurityContext(handle));
    INVALID("QuerySecurityContextToken", QuerySecurityContextToken(handle, &token_handle));
    INVALID("ExportSecurityContext", ExportSecurityContext(handle, 0, &packed, &token_handle));
    INVALID("SaslSetContextOption",
            SaslSetContextOption(handle, SASL_OPTION_SEND_SIZE, bytes, sizeof(ULONG)));
    INVALID("SaslGetContextOption",
            SaslGetContextOption(handle, SASL_OPTION_SEND_SIZE, bytes, sizeof(ULONG), &needed));
    check("nothing was encrypted", bytes[0] == 0 && bytes[63] == 0 && token[0] == 0);

    /* NULL, zeros and an invalidated handle mean a first call; everything else is a lie. */
    if (handle != NULL && !(handle->dwLower == 0 && handle->dwUpper == 0)) {
        must("client credential", acquire_client(&client) == SEC_E_OK);
        must("server credential", acquire_server(&server) == SEC_E_OK);
        message = describe(buffers, 1);
        INVALID("InitializeSecurityContextA",
                InitializeSecurityContextA(&client, handle, TARGET, PROTECTED_REQ, 0, 0, &message,
                                           0, &fresh, &message, &flags, &expiry));
        INVALID("InitializeSecurityContextW",
                InitializeSecurityContextW(&client, handle, NULL, PROTECTED_REQ, 0, 0, &message, 0,
                                           &fresh, &message, &flags, &expiry));
        INVALID("AcceptSecurityContext",
                AcceptSecurityContext(&server, handle, &message, PROTECTED_ASC, 0, &fresh, &message,
                                      &flags, &expiry));
        FreeCredentialsHandle(&client);
        FreeCredentialsHandle(&server);
    }
    snprintf(line, sizeof(line), "%s: DeleteSecurityContext", name);
    status_is(line, DeleteSecurityContext(handle), deletable ? SEC_E_OK : SEC_E_INVALID_HANDLE);
}

/* Every function that takes a credential, with one that is none. */
static void no_credential(const char *name, PCredHandle handle, int freeable)
{
    unsigned char bytes[64] = {0}, token[MAX_TOKEN];
    SecBuffer out;
    SecBufferDesc output = describe(&out, 1);
    CtxtHandle context;
    ULONG flags;
    TimeStamp expiry;
    char line[160];

    set_buffer(&out, SECBUFFER_TOKEN, token, sizeof(token));
    INVALID("InitializeSecurityContextA",
            InitializeSecurityContextA(handle, NULL, TARGET, PROTECTED_REQ, 0, 0, NULL, 0, &context,
                                       &output, &flags, &expiry));
    INVALID("InitializeSecurityContextW",
            InitializeSecurityContextW(handle, NULL, NULL, PROTECTED_REQ, 0, 0, NULL, 0, &context,
                                       &output, &flags, &expiry));
    INVALID("AcceptSecurityContext",
            AcceptSecurityContext(handle, NULL, NULL, PROTECTED_ASC, 0, &context, &output, &flags,
                                  &expiry));
    INVALID("SaslInitializeSecurityContextA",
            SaslInitializeSecurityContextA(handle, NULL, TARGET, PROTECTED_REQ, 0, 0, NULL, 0,
                                           &context, &output, &flags, &expiry));
    INVALID("SaslInitializeSecurityContextW",
            SaslInitializeSecurityContextW(handle, NULL, NULL, PROTECTED_REQ, 0, 0, NULL, 0,
                                           &context, &output, &flags, &expiry));
    INVALID("SaslAcceptSecurityContext",
            SaslAcceptSecurityContext(handle, NULL, NULL, PROTECTED_ASC, 0, &context, &output,
                                      &flags, &expiry));
    INVALID("AddCredentialsA", AddCredentialsA(handle, NULL, "NTLM", SECPKG_CRED_OUTBOUND, NULL,
                                               NULL, NULL, &expiry));
    INVALID("AddCredentialsW", AddCredentialsW(handle, NULL, wide_ntlm, SECPKG_CRED_OUTBOUND, NULL,
                                               NULL, NULL, &expiry));
    INVALID("QueryCredentialsAttributesA",
            QueryCredentialsAttributesA(handle, SECPKG_CRED_ATTR_NAMES, bytes));
    INVALID("QueryCredentialsAttributesW",
            QueryCredentialsAttributesW(handle, SECPKG_CRED_ATTR_NAMES, bytes));
    INVALID("QueryCredentialsAttributesExA",
            QueryCredentialsAttributesExA(handle, SECPKG_CRED_ATTR_NAMES, bytes, sizeof(bytes)));
    INVALID("QueryCredentialsAttributesExW",
            QueryCredentialsAttributesExW(handle, SECPKG_CRED_ATTR_NAMES, bytes, sizeof(bytes)));
    INVALID("SetCredentialsAttributesA",
            SetCredentialsAttributesA(handle, SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS, bytes,
                                      sizeof(bytes)));
    INVALID("SetCredentialsAttributesW",
            SetCredentialsAttributesW(handle, SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS, bytes,
                                      sizeof(bytes)));
    snprintf(line, sizeof(line), "%s: FreeCredentialsHandle", name);
    status_is(line, FreeCredentialsHandle(handle), freeable ? SEC_E_OK : SEC_E_INVALID_HANDLE);
}

/* PROVES: API-ISC-13 API-CRED-9 API-CTX-1 API-ABI-4 */
static void handles(void)
{
    struct pair pair, gone;
    CtxtHandle handle;
    unsigned char odd[sizeof(CtxtHandle) + 1];

    no_context("NULL context", NULL, 0);
    no_credential("NULL credential", NULL, 0);

    memset(&handle, 0, sizeof(handle));
    no_context("zero context", &handle, 0);
    no_credential("zero credential", &handle, 0);

    handle.dwLower = SEC_DELETED_HANDLE;
    handle.dwUpper = SEC_DELETED_HANDLE;
    no_context("context of -2", &handle, 0);
    no_credential("credential of -2", &handle, 0);

    handle.dwLower = 0x0123456789ABCDEF;
    handle.dwUpper = 0xFEDCBA9876543210;
    no_context("made up context", &handle, 0);
    no_credential("made up credential", &handle, 0);

    /* Programs of other libraries have pointers in their handles. */
    handle.dwLower = (ULONG_PTR)&pair;
    handle.dwUpper = (ULONG_PTR)&gone;
    no_context("pointers as a context", &handle, 0);
    no_credential("pointers as a credential", &handle, 0);

    must("pair", pair_open(&pair, PROTECTED_REQ, PROTECTED_ASC) == SEC_E_OK);
    no_context("a credential as a context", &pair.client_credential, 0);
    no_credential("a context as a credential", &pair.client, 0);
    handle = pair.client;
    handle.dwUpper ^= 1;
    no_context("context, one bit off", &handle, 0);
    handle = pair.client;
    handle.dwUpper ^= (ULONG_PTR)1 << 63;
    no_context("context, the highest bit off", &handle, 0);
    handle = pair.client;
    handle.dwLower += 1;
    no_context("the context beside it", &handle, 0);
    handle.dwLower = pair.client.dwUpper;
    handle.dwUpper = pair.client.dwLower;
    no_context("context, words swapped", &handle, 0);
    handle = pair.client_credential;
    handle.dwUpper ^= 1;
    no_credential("credential, one bit off", &handle, 0);

    must("another pair", pair_open(&gone, PROTECTED_REQ, PROTECTED_ASC) == SEC_E_OK);
    status_is("delete", DeleteSecurityContext(&gone.client), SEC_E_OK);
    no_context("deleted context", &gone.client, 1);
    no_context("deleted context, again", &gone.client, 1);
    status_is("free", FreeCredentialsHandle(&gone.client_credential), SEC_E_OK);
    no_credential("freed credential", &gone.client_credential, 1);
    no_credential("freed credential, again", &gone.client_credential, 1);
    pair_close(&gone);

    /* The slot of a deleted context has a new owner; the old handle is not the new one. */
    handle = gone.client;
    must("a third pair", pair_open(&gone, PROTECTED_REQ, PROTECTED_ASC) == SEC_E_OK);
    no_context("stale context after reuse", &handle, 1);
    {
        unsigned char token[16], data[4] = {1, 2, 3, 4};
        status_is("the new owner is unharmed", seal(&gone.client, 0, token, data, 4), SEC_E_OK);
        status_is("and its peer", unseal(&gone.server, token, data, 4), SEC_E_OK);
    }
    pair_close(&gone);

    /* A handle at an odd address. */
    memcpy(odd + 1, &pair.client, sizeof(pair.client));
    {
        SecPkgContext_Sizes sizes;
        status_is("misaligned handle",
                  QueryContextAttributesA((PCtxtHandle)(void *)(odd + 1), SECPKG_ATTR_SIZES,
                                          &sizes),
                  SEC_E_OK);
    }
    pair_close(&pair);
}

/* Roles are not exchanged, and credentials stay with their contexts. PROVES: API-CRED-14 */
static void wrong_roles(void)
{
    struct pair pair;
    CredHandle other;
    CtxtHandle context;
    unsigned char one[MAX_TOKEN], two[MAX_TOKEN], three[MAX_TOKEN];
    SecBuffer in, out;
    SecBufferDesc input = describe(&in, 1), output = describe(&out, 1);
    SecPkgContext_Sizes sizes;
    ULONG flags;

    memset(&pair, 0, sizeof(pair));
    must("client credential", acquire_client(&pair.client_credential) == SEC_E_OK);
    must("other credential", acquire_client(&other) == SEC_E_OK);
    must("server credential", acquire_server(&pair.server_credential) == SEC_E_OK);

    set_buffer(&out, SECBUFFER_TOKEN, one, sizeof(one));
    refused("a server's credential for a client",
            InitializeSecurityContextA(&pair.server_credential, NULL, TARGET, PROTECTED_REQ, 0, 0,
                                       NULL, 0, &context, &output, &flags, NULL));
    must("first token",
         InitializeSecurityContextA(&pair.client_credential, NULL, TARGET, PROTECTED_REQ, 0, 0,
                                    NULL, 0, &pair.client, &output, &flags,
                                    NULL) == SEC_I_CONTINUE_NEEDED);
    set_buffer(&in, SECBUFFER_TOKEN, one, out.cbBuffer);
    set_buffer(&out, SECBUFFER_TOKEN, two, sizeof(two));
    refused("a client's credential for a server",
            AcceptSecurityContext(&pair.client_credential, NULL, &input, PROTECTED_ASC, 0, &context,
                                  &output, &flags, NULL));
    set_buffer(&out, SECBUFFER_TOKEN, two, sizeof(two));
    must("second token",
         AcceptSecurityContext(&pair.server_credential, NULL, &input, PROTECTED_ASC, 0,
                               &pair.server, &output, &flags, NULL) == SEC_I_CONTINUE_NEEDED);
    set_buffer(&in, SECBUFFER_TOKEN, two, out.cbBuffer);
    set_buffer(&out, SECBUFFER_TOKEN, three, sizeof(three));
    status_is("a client's context in the server's call",
              AcceptSecurityContext(&pair.server_credential, &pair.client, &input, PROTECTED_ASC, 0,
                                    &pair.client, &output, &flags, NULL),
              SEC_E_INVALID_HANDLE);
    status_is("a server's context in the client's call",
              InitializeSecurityContextA(&pair.client_credential, &pair.server, TARGET,
                                         PROTECTED_REQ, 0, 0, &input, 0, &pair.server, &output,
                                         &flags, NULL),
              SEC_E_INVALID_HANDLE);
    status_is("another credential",
              InitializeSecurityContextA(&other, &pair.client, TARGET, PROTECTED_REQ, 0, 0, &input,
                                         0, &pair.client, &output, &flags, NULL),
              SEC_E_WRONG_CREDENTIAL_HANDLE);
    /* A context that is not established protects nothing. PROVES: NTLM-API-10 API-CTX-4 */
    status_is("too early: encrypt", seal(&pair.client, 0, three, one, 16), SEC_E_INVALID_HANDLE);
    status_is("too early: decrypt", unseal(&pair.server, three, one, 16), SEC_E_INVALID_HANDLE);
    status_is("too early: sign", sign(&pair.client, three, one, 16), SEC_E_INVALID_HANDLE);
    status_is("too early: verify", verify(&pair.server, three, one, 16), SEC_E_INVALID_HANDLE);
    {
        SecPkgContext_NamesA names;
        status_is("too early: names",
                  QueryContextAttributesA(&pair.client, SECPKG_ATTR_NAMES, &names),
                  SEC_E_INVALID_HANDLE);
    }
    status_is("unharmed by all of it",
              InitializeSecurityContextA(&pair.client_credential, &pair.client, TARGET,
                                         PROTECTED_REQ, 0, 0, &input, 0, &pair.client, &output,
                                         &flags, NULL),
              SEC_E_OK);
    status_is("established", QueryContextAttributesA(&pair.client, SECPKG_ATTR_SIZES, &sizes),
              SEC_E_OK);
    /* A partial context is deleted like any other. PROVES: API-CTX-1 */
    status_is("partial: delete", DeleteSecurityContext(&pair.server), SEC_E_OK);
    FreeCredentialsHandle(&other);
    pair_close(&pair);
}

/* ---- buffers ------------------------------------------------------------------------------ */

/* PROVES: API-ABI-6 API-MSG-1 API-MSG-2 API-MSG-6 API-MSG-7 */
static void descriptors(void)
{
    struct pair pair;
    unsigned char token[16] = {0}, data[16] = {0};
    SecBuffer buffers[4];
    SecBufferDesc message;
    static unsigned char zeros[16];

    must("pair", pair_open(&pair, PROTECTED_REQ, PROTECTED_ASC) == SEC_E_OK);

#define ALL_REFUSE(name, description)                                                              \
    do {                                                                                           \
        refused("MakeSignature: " name, MakeSignature(&pair.client, 0, description, 0));           \
        refused("VerifySignature: " name, VerifySignature(&pair.server, description, 0, NULL));    \
        refused("EncryptMessage: " name, EncryptMessage(&pair.client, 0, description, 0));         \
        refused("DecryptMessage: " name, DecryptMessage(&pair.server, description, 0, NULL));      \
    } while (0)

    ALL_REFUSE("no descriptor", NULL);
    message = describe(NULL, 0);
    ALL_REFUSE("no buffers", &message);
    message = describe(NULL, 2);
    ALL_REFUSE("two buffers at NULL", &message);
    message = describe(NULL, 0xFFFFFFFF);
    ALL_REFUSE("all buffers of the world at NULL", &message);

    set_buffer(&buffers[0], SECBUFFER_TOKEN, token, sizeof(token));
    set_buffer(&buffers[1], SECBUFFER_DATA, data, sizeof(data));
    message = describe(buffers, 2);
    message.ulVersion = 1;
    ALL_REFUSE("version 1", &message);
    message.ulVersion = 0xFFFFFFFF;
    ALL_REFUSE("version -1", &message);
    message.ulVersion = SECBUFFER_VERSION;

    set_buffer(&buffers[1], SECBUFFER_DATA, NULL, 0xFFFFFFFF);
    ALL_REFUSE("endless data at NULL", &message);
    set_buffer(&buffers[1], SECBUFFER_DATA, NULL, 1);
    ALL_REFUSE("a byte at NULL", &message);
    set_buffer(&buffers[0], SECBUFFER_TOKEN, NULL, 0xFFFFFFFF);
    set_buffer(&buffers[1], SECBUFFER_DATA, data, sizeof(data));
    ALL_REFUSE("an endless token at NULL", &message);
    set_buffer(&buffers[0], SECBUFFER_TOKEN, NULL, 0);
    ALL_REFUSE("no token", &message);
    set_buffer(&buffers[0], 0x0FFFFFFF, token, sizeof(token));
    ALL_REFUSE("an unknown type", &message);
    set_buffer(&buffers[0], SECBUFFER_TOKEN | SECBUFFER_READONLY, token, sizeof(token));
    refused("EncryptMessage: a token that is only read",
            EncryptMessage(&pair.client, 0, &message, 0));
    refused("MakeSignature: a token that is only read", MakeSignature(&pair.client, 0, &message, 0));

    /* Buffers that share memory. */
    set_buffer(&buffers[0], SECBUFFER_TOKEN, data, sizeof(data));
    refused("EncryptMessage: token and data are one", EncryptMessage(&pair.client, 0, &message, 0));
    refused("MakeSignature: token and data are one", MakeSignature(&pair.client, 0, &message, 0));
    set_buffer(&buffers[0], SECBUFFER_TOKEN, token, sizeof(token));
    set_buffer(&buffers[1], SECBUFFER_DATA, data, 10);
    set_buffer(&buffers[2], SECBUFFER_DATA, data + 9, 7);
    message.cBuffers = 3;
    refused("EncryptMessage: data overlaps", EncryptMessage(&pair.client, 0, &message, 0));
    refused("DecryptMessage: data overlaps", DecryptMessage(&pair.server, &message, 0, NULL));

    set_buffer(&buffers[0], SECBUFFER_STREAM, NULL, 0xFFFFFFFF);
    set_buffer(&buffers[1], SECBUFFER_DATA, NULL, 0);
    message.cBuffers = 2;
    refused("DecryptMessage: an endless stream at NULL",
            DecryptMessage(&pair.server, &message, 0, NULL));
    set_buffer(&buffers[0], SECBUFFER_STREAM, NULL, 0);
    refused("DecryptMessage: an empty stream", DecryptMessage(&pair.server, &message, 0, NULL));

    check("nothing was written", memcmp(token, zeros, 16) == 0 && memcmp(data, zeros, 16) == 0);

    /* After all of it the context is where it was. */
    status_is("unharmed: encrypt", seal(&pair.client, 0, token, data, sizeof(data)), SEC_E_OK);
    status_is("unharmed: decrypt", unseal(&pair.server, token, data, sizeof(data)), SEC_E_OK);
    check("unharmed: the bytes", memcmp(data, zeros, 16) == 0);
#undef ALL_REFUSE
    pair_close(&pair);
}

/* Nothing need be aligned. */
static void misaligned(void)
{
    struct pair pair;
    unsigned char odd[1 + sizeof(SecBufferDesc)], odd_buffers[1 + 2 * sizeof(SecBuffer)];
    unsigned char token[17], data[33], attribute[1 + sizeof(SecPkgContext_Sizes)];
    unsigned char odd_identity[1 + sizeof(SEC_WINNT_AUTH_IDENTITY_A)];
    SecBuffer buffers[2];
    SecBufferDesc message;
    PSecBufferDesc description = (PSecBufferDesc)(void *)(odd + 1);
    SEC_WINNT_AUTH_IDENTITY_A identity;
    SecPkgContext_Sizes sizes;
    CredHandle credential;

    must("pair", pair_open(&pair, PROTECTED_REQ, PROTECTED_ASC) == SEC_E_OK);
    memset(data, 'd', sizeof(data));
    set_buffer(&buffers[0], SECBUFFER_TOKEN, token + 1, 16);
    set_buffer(&buffers[1], SECBUFFER_DATA, data + 1, 32);
    memcpy(odd_buffers + 1, buffers, sizeof(buffers));
    message = describe((PSecBuffer)(void *)(odd_buffers + 1), 2);
    memcpy(odd + 1, &message, sizeof(message));
    status_is("misaligned: encrypt", EncryptMessage(&pair.client, 0, description, 0), SEC_E_OK);
    check("misaligned: it is encrypted", data[1] != 'd' || data[2] != 'd' || data[3] != 'd');
    status_is("misaligned: decrypt",
              DecryptMessage(&pair.server, description, 0, (ULONG *)(void *)(attribute + 1)),
              SEC_E_OK);
    check("misaligned: the text", data[0] == 'd' && data[1] == 'd' && data[32] == 'd');
    status_is("misaligned: sign", MakeSignature(&pair.client, 0, description, 0), SEC_E_OK);
    status_is("misaligned: verify", VerifySignature(&pair.server, description, 0, NULL), SEC_E_OK);
    status_is("misaligned: attribute",
              QueryContextAttributesA(&pair.client, SECPKG_ATTR_SIZES, attribute + 1), SEC_E_OK);
    memcpy(&sizes, attribute + 1, sizeof(sizes));
    check("misaligned: its value", sizes.cbMaxSignature == 16);

    identity_of(&identity, DOMAIN, USER, PASSWORD);
    memcpy(odd_identity + 1, &identity, sizeof(identity));
    status_is("misaligned: identity",
              AcquireCredentialsHandleA(NULL, "NTLM", SECPKG_CRED_OUTBOUND, NULL, odd_identity + 1,
                                        NULL, NULL, &credential, NULL),
              SEC_E_OK);
    FreeCredentialsHandle(&credential);
    pair_close(&pair);
}

/* ---- handshakes --------------------------------------------------------------------------- */

static void handshakes(void)
{
    CredHandle client, server;
    CtxtHandle context;
    unsigned char token[MAX_TOKEN];
    SecBuffer in, out, two[2];
    SecBufferDesc input = describe(&in, 1), output = describe(&out, 1), pair = describe(two, 2);
    ULONG flags;
    TimeStamp expiry;

    must("client credential", acquire_client(&client) == SEC_E_OK);
    must("server credential", acquire_server(&server) == SEC_E_OK);

#define CLIENT(name, in_description, out_description)                                              \
    do {                                                                                           \
        SecInvalidateHandle(&context);                                                             \
        refused("client: " name,                                                                   \
                InitializeSecurityContextA(&client, NULL, TARGET, PROTECTED_REQ, 0, 0,             \
                                           in_description, 0, &context, out_description, &flags,   \
                                           &expiry));                                              \
        if (SecIsValidHandle(&context)) {                                                          \
            status_is("client, delete: " name, DeleteSecurityContext(&context), SEC_E_OK);         \
        }                                                                                          \
    } while (0)
#define SERVER(name, in_description, out_description)                                              \
    do {                                                                                           \
        SecInvalidateHandle(&context);                                                             \
        refused("server: " name,                                                                   \
                AcceptSecurityContext(&server, NULL, in_description, PROTECTED_ASC, 0, &context,   \
                                      out_description, &flags, &expiry));                          \
        if (SecIsValidHandle(&context)) {                                                          \
            status_is("server, delete: " name, DeleteSecurityContext(&context), SEC_E_OK);         \
        }                                                                                          \
    } while (0)

    /* PROVES: API-ISC-8 */
    CLIENT("no output", NULL, NULL);
    output = describe(NULL, 0);
    CLIENT("no output buffers", NULL, &output);
    output = describe(NULL, 0xFFFFFFFF);
    CLIENT("output buffers at NULL", NULL, &output);
    output = describe(&out, 1);
    set_buffer(&out, SECBUFFER_DATA, token, sizeof(token));
    CLIENT("no output token", NULL, &output);
    set_buffer(&out, SECBUFFER_TOKEN, NULL, 0);
    CLIENT("an output without room", NULL, &output);
    set_buffer(&out, SECBUFFER_TOKEN, NULL, sizeof(token));
    CLIENT("an output at NULL", NULL, &output);
    set_buffer(&out, SECBUFFER_TOKEN, NULL, 0xFFFFFFFF);
    CLIENT("an endless output at NULL", NULL, &output);
    set_buffer(&out, SECBUFFER_TOKEN | SECBUFFER_READONLY, token, sizeof(token));
    CLIENT("an output that is only read", NULL, &output);
    set_buffer(&out, SECBUFFER_TOKEN, token, sizeof(token));
    output.ulVersion = 1;
    CLIENT("an output of version 1", NULL, &output);
    output.ulVersion = SECBUFFER_VERSION;
    set_buffer(&in, SECBUFFER_EMPTY, NULL, 0);
    input.ulVersion = 1;
    CLIENT("an input of version 1", &input, &output);
    input.ulVersion = SECBUFFER_VERSION;
    set_buffer(&in, SECBUFFER_TOKEN, NULL, 0xFFFFFFFF);
    CLIENT("an endless input at NULL", &input, &output);

    set_buffer(&out, SECBUFFER_TOKEN, token, sizeof(token));
    SERVER("no input", NULL, &output);
    input = describe(NULL, 0);
    SERVER("no input buffers", &input, &output);
    input = describe(NULL, 3);
    SERVER("three input buffers at NULL", &input, &output);
    input = describe(&in, 1);
    set_buffer(&in, SECBUFFER_TOKEN, NULL, 0);
    SERVER("an empty token", &input, &output);
    set_buffer(&in, SECBUFFER_TOKEN, NULL, 0xFFFFFFFF);
    SERVER("an endless token at NULL", &input, &output);
    set_buffer(&in, SECBUFFER_TOKEN, (void *)"NTLMSSP", 8);
    SERVER("a token that is cut off", &input, &output);

    /* Channel bindings whose lengths lie. PROVES: API-CB-3 */
    {
        SEC_CHANNEL_BINDINGS bindings;
        set_buffer(&two[0], SECBUFFER_EMPTY, NULL, 0);
        memset(&bindings, 0, sizeof(bindings));
        bindings.cbApplicationDataLength = 0xFFFFFFFF;
        bindings.dwApplicationDataOffset = sizeof(bindings);
        set_buffer(&two[1], SECBUFFER_CHANNEL_BINDINGS, &bindings, sizeof(bindings));
        CLIENT("bindings with endless data", &pair, &output);
        bindings.cbApplicationDataLength = 1;
        bindings.dwApplicationDataOffset = 0xFFFFFFFF;
        CLIENT("bindings with data nowhere", &pair, &output);
        set_buffer(&two[1], SECBUFFER_CHANNEL_BINDINGS, &bindings, sizeof(bindings) - 1);
        CLIENT("bindings that are cut off", &pair, &output);
        set_buffer(&two[1], SECBUFFER_CHANNEL_BINDINGS, NULL, 0xFFFFFFFF);
        CLIENT("endless bindings at NULL", &pair, &output);
        set_buffer(&two[1], SECBUFFER_FLAGS, &bindings, 7);
        CLIENT("flags of seven bytes", &pair, &output);
    }
#undef CLIENT
#undef SERVER

    set_buffer(&out, SECBUFFER_TOKEN, token, sizeof(token));
    status_is("client: no place for the handle",
              InitializeSecurityContextA(&client, NULL, TARGET, PROTECTED_REQ, 0, 0, NULL, 0, NULL,
                                         &output, &flags, &expiry),
              SEC_E_INVALID_HANDLE);
    set_buffer(&in, SECBUFFER_TOKEN, token, 32);
    status_is("server: no place for the handle",
              AcceptSecurityContext(&server, NULL, &input, PROTECTED_ASC, 0, NULL, &output, &flags,
                                    &expiry),
              SEC_E_INVALID_HANDLE);
    /* PROVES: NTLM-API-2 API-ISC-2 */
    status_is("client: delegation",
              InitializeSecurityContextA(&client, NULL, TARGET, ISC_REQ_DELEGATE, 0, 0, NULL, 0,
                                         &context, &output, &flags, &expiry),
              SEC_E_UNSUPPORTED_FUNCTION);
    status_is("client: a prompt",
              InitializeSecurityContextA(&client, NULL, TARGET, ISC_REQ_PROMPT_FOR_CREDS, 0, 0,
                                         NULL, 0, &context, &output, &flags, &expiry),
              SEC_E_UNSUPPORTED_FUNCTION);
    refused("client: a target that is not UTF-8",
            InitializeSecurityContextA(&client, NULL, "HTTP/\xFF\xFE", PROTECTED_REQ, 0, 0, NULL, 0,
                                       &context, &output, &flags, &expiry));
    {
        static const SEC_WCHAR half[] = {'H', 0xD800, 'x', 0};
        refused("client: a target with half a character",
                InitializeSecurityContextW(&client, NULL, half, PROTECTED_REQ, 0, 0, NULL, 0,
                                           &context, &output, &flags, &expiry));
    }
    FreeCredentialsHandle(&client);
    FreeCredentialsHandle(&server);
}

/* ---- credentials and packages ------------------------------------------------------------- */

static void credentials(void)
{
    SEC_WINNT_AUTH_IDENTITY_A identity;
    CredHandle credential;
    SecPkgCredentials_NamesA names;
    unsigned char bytes[64] = {0};
    TimeStamp expiry;
    char *longest = (char *)malloc(70000);

#define ACQUIRE(package, use, data)                                                                \
    AcquireCredentialsHandleA(NULL, package, use, NULL, data, NULL, NULL, &credential, &expiry)

    must("memory", longest != NULL);
    refused("acquire: no place for the handle",
            AcquireCredentialsHandleA(NULL, "NTLM", SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
                                      NULL, &expiry));
    refused("acquire: no place for the handle, wide",
            AcquireCredentialsHandleW(NULL, wide_ntlm, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
                                      NULL, &expiry));
    status_is("acquire: no package", ACQUIRE(NULL, SECPKG_CRED_INBOUND, NULL),
              SEC_E_SECPKG_NOT_FOUND);
    status_is("acquire: no package, wide",
              AcquireCredentialsHandleW(NULL, NULL, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
                                        &credential, &expiry),
              SEC_E_SECPKG_NOT_FOUND);
    refused("acquire: no use", ACQUIRE("NTLM", 0, NULL));
    refused("acquire: an unknown use", ACQUIRE("NTLM", 0x40000000, NULL));
    memset(longest, 'N', 69999);
    longest[69999] = '\0';
    refused("acquire: a very long package", ACQUIRE(longest, SECPKG_CRED_INBOUND, NULL));

    identity_of(&identity, DOMAIN, USER, PASSWORD);
    identity.UserLength = 0xFFFFFFFF;
    identity.User = NULL;
    refused("identity: an endless user at NULL", ACQUIRE("NTLM", SECPKG_CRED_OUTBOUND, &identity));
    identity_of(&identity, DOMAIN, "", PASSWORD);
    refused("identity: an empty user with a password",
            ACQUIRE("NTLM", SECPKG_CRED_OUTBOUND, &identity));
    identity_of(&identity, DOMAIN, longest, PASSWORD);
    refused("identity: a very long user", ACQUIRE("NTLM", SECPKG_CRED_OUTBOUND, &identity));
    identity_of(&identity, DOMAIN, USER, longest);
    refused("identity: a very long password", ACQUIRE("NTLM", SECPKG_CRED_OUTBOUND, &identity));
    identity_of(&identity, DOMAIN, "\xFF\xFE", PASSWORD);
    refused("identity: a user that is not UTF-8",
            ACQUIRE("NTLM", SECPKG_CRED_OUTBOUND, &identity));

    must("credential", acquire_client(&credential) == SEC_E_OK);
    memset(&names, 0, sizeof(names));
    status_is("credential: names",
              QueryCredentialsAttributesA(&credential, SECPKG_CRED_ATTR_NAMES, &names), SEC_E_OK);
    check("credential: its name", names.sUserName != NULL);
    FreeContextBuffer(names.sUserName);
    refused("credential: no place",
            QueryCredentialsAttributesA(&credential, SECPKG_CRED_ATTR_NAMES, NULL));
    refused("credential: no place, wide",
            QueryCredentialsAttributesW(&credential, SECPKG_CRED_ATTR_NAMES, NULL));
    refused("credential: too little room",
            QueryCredentialsAttributesExA(&credential, SECPKG_CRED_ATTR_NAMES, &names, 1));
    refused("credential: too little room, wide",
            QueryCredentialsAttributesExW(&credential, SECPKG_CRED_ATTR_NAMES, &names, 0));
    /* PROVES: API-CRED-11 API-CRED-12 */
    status_is("credential: an unknown attribute",
              QueryCredentialsAttributesA(&credential, 4711, bytes), SEC_E_UNSUPPORTED_FUNCTION);
    status_is("credential: set", SetCredentialsAttributesA(&credential, 3, bytes, sizeof(bytes)),
              SEC_E_UNSUPPORTED_FUNCTION);
    status_is("credential: set nothing", SetCredentialsAttributesW(&credential, 3, NULL, 0xFFFFFFFF),
              SEC_E_UNSUPPORTED_FUNCTION);
    refused("credential: add of no such package",
            AddCredentialsA(&credential, NULL, "nothing", SECPKG_CRED_OUTBOUND, NULL, NULL, NULL,
                            &expiry));
    refused("credential: add of no package",
            AddCredentialsW(&credential, NULL, NULL, SECPKG_CRED_OUTBOUND, NULL, NULL, NULL,
                            &expiry));
    FreeCredentialsHandle(&credential);
    free(longest);
#undef ACQUIRE
}

static void packages(void)
{
    PSecPkgInfoA info = NULL;
    PSecPkgInfoW wide = NULL;
    SECURITY_PACKAGE_OPTIONS options;
    ULONG count = 0;

    refused("enumerate: no places", EnumerateSecurityPackagesA(NULL, NULL));
    refused("enumerate: no place for the count", EnumerateSecurityPackagesA(NULL, &info));
    refused("enumerate: no place for the list", EnumerateSecurityPackagesA(&count, NULL));
    refused("enumerate, wide: no place for the count", EnumerateSecurityPackagesW(NULL, &wide));
    refused("enumerate, wide: no place for the list", EnumerateSecurityPackagesW(&count, NULL));
    refused("record: no place", QuerySecurityPackageInfoA("NTLM", NULL));
    refused("record, wide: no place", QuerySecurityPackageInfoW(wide_ntlm, NULL));
    status_is("record: no name", QuerySecurityPackageInfoA(NULL, &info), SEC_E_SECPKG_NOT_FOUND);
    status_is("record, wide: no name", QuerySecurityPackageInfoW(NULL, &wide),
              SEC_E_SECPKG_NOT_FOUND);

    memset(&options, 0, sizeof(options));
    options.Size = sizeof(options);
    refused("add: no name", AddSecurityPackageA(NULL, &options));
    refused("add, wide: no name", AddSecurityPackageW(NULL, &options));
    refused("add: nothing foreign", AddSecurityPackageA("/tmp/foreign.so", &options));
    refused("delete: no name", DeleteSecurityPackageA(NULL));
    refused("delete, wide: no name", DeleteSecurityPackageW(NULL));
    refused("delete: no such package", DeleteSecurityPackageA("foreign"));
    status_is("add: one that is there", AddSecurityPackageA("NTLM", NULL), SEC_E_OK);
    /* PROVES: API-PKG-4 */
    status_is("delete: a package", DeleteSecurityPackageA("ntlm"), SEC_E_OK);
    status_is("delete: it is gone", QuerySecurityPackageInfoA("NTLM", &info),
              SEC_E_SECPKG_NOT_FOUND);
    status_is("add: it again", AddSecurityPackageW(wide_ntlm, &options), SEC_E_OK);
    status_is("add: it is back", QuerySecurityPackageInfoA("NTLM", &info), SEC_E_OK);
    FreeContextBuffer(info);
}

/* PROVES: API-ABI-8 API-ABI-9 */
static void memory(void)
{
    PSecPkgInfoA info = NULL;
    int local = 0;
    void *own = malloc(16);

    must("record", QuerySecurityPackageInfoA("NTLM", &info) == SEC_E_OK);
    check("memory: not from its middle", FreeContextBuffer((char *)info + 8) != SEC_E_OK);
    check("memory: its text is no block", FreeContextBuffer(info->Name) != SEC_E_OK);
    status_is("memory: free", FreeContextBuffer(info), SEC_E_OK);
    check("memory: not twice", FreeContextBuffer(info) != SEC_E_OK);
    check("memory: not the stack", FreeContextBuffer(&local) != SEC_E_OK);
    check("memory: not what malloc gave", FreeContextBuffer(own) != SEC_E_OK);
    status_is("memory: nothing", FreeContextBuffer(NULL), SEC_E_OK);
    free(own);
}

static void attributes(void)
{
    struct pair pair;
    unsigned char room[256] = {0};
    ULONG attribute;
    int surprises = 0;

    must("pair", pair_open(&pair, PROTECTED_REQ, PROTECTED_ASC) == SEC_E_OK);
    refused("attribute: no place", QueryContextAttributesA(&pair.client, SECPKG_ATTR_SIZES, NULL));
    refused("attribute, wide: no place",
            QueryContextAttributesW(&pair.client, SECPKG_ATTR_SIZES, NULL));
    refused("attribute, Ex: no place",
            QueryContextAttributesExA(&pair.client, SECPKG_ATTR_SIZES, NULL, 16));
    refused("attribute, Ex wide: no room",
            QueryContextAttributesExW(&pair.client, SECPKG_ATTR_SIZES, room, 0));
    /* Every attribute with no room at all: nothing is written, nothing leaks. */
    for (attribute = 0; attribute < 200; attribute++) {
        if (QueryContextAttributesExA(&pair.client, attribute, room, 0) >= 0 ||
            QueryContextAttributesExW(&pair.server, attribute, room, 0) >= 0) {
            surprises++;
        }
    }
    if (QueryContextAttributesExA(&pair.client, 0xFFFFFFFF, room, 0xFFFFFFFF) >= 0) {
        surprises++;
    }
    for (attribute = 0; attribute < sizeof(room); attribute++) {
        surprises += room[attribute] != 0;
    }
    check("attributes: none without room", surprises == 0);
    refused("attributes: set at NULL",
            SetContextAttributesA(&pair.client, SECPKG_ATTR_APP_DATA, NULL, 0xFFFFFFFF));
    refused("attributes: set at NULL, wide",
            SetContextAttributesW(&pair.client, SECPKG_ATTR_APP_DATA, NULL, 0));
    {
        SecBuffer buffer;
        SecBufferDesc description = describe(&buffer, 1);
        set_buffer(&buffer, SECBUFFER_TOKEN, room, 4);
        status_is("complete: Digest only", CompleteAuthToken(&pair.server, &description),
                  SEC_E_UNSUPPORTED_FUNCTION);
        status_is("control: Schannel only", ApplyControlToken(&pair.client, &description),
                  SEC_E_UNSUPPORTED_FUNCTION);
        refused("complete: no token", CompleteAuthToken(&pair.server, NULL));
        refused("control: no token", ApplyControlToken(&pair.client, NULL));
    }
    pair_close(&pair);
}

/* ---- what the library has not yet --------------------------------------------------------- */

static void not_yet(void)
{
    struct pair pair;
    SecBuffer packed;
    SecBufferDesc output = describe(&packed, 1);
    CtxtHandle context;
    CredHandle credential;
    void *token = NULL;
    char *profiles = NULL;
    LPWSTR wide_profiles = NULL;
    PSecPkgInfoA info = NULL;
    PSecPkgInfoW wide = NULL;
    ULONG count = 0;
    USHORT *marshalled = NULL;
    SspiAsyncContext *async;

    must("pair", pair_open(&pair, PROTECTED_REQ, PROTECTED_ASC) == SEC_E_OK);
    set_buffer(&packed, SECBUFFER_EMPTY, NULL, 0);
    refused("impersonate: a client", ImpersonateSecurityContext(&pair.client));
    refused("revert: nothing to revert", RevertSecurityContext(&pair.client));
    refused("token: no place", QuerySecurityContextToken(&pair.server, NULL));
    refused("export: no place", ExportSecurityContext(&pair.client, 0, NULL, NULL));
    refused("export: an unknown flag", ExportSecurityContext(&pair.client, 0x80, &packed, &token));
    refused("import: nothing", ImportSecurityContextA(NULL, NULL, NULL, NULL));
    refused("import, wide: nothing", ImportSecurityContextW(NULL, NULL, NULL, NULL));
    set_buffer(&packed, SECBUFFER_TOKEN, NULL, 0xFFFFFFFF);
    refused("import: endless", ImportSecurityContextA("NTLM", &packed, NULL, &context));
    refused("import, wide: endless", ImportSecurityContextW(wide_ntlm, &packed, NULL, &context));
    refused("password: nothing",
            ChangeAccountPasswordA(NULL, NULL, NULL, NULL, NULL, FALSE, 0, NULL));
    refused("password, wide: nothing",
            ChangeAccountPasswordW(NULL, NULL, NULL, NULL, NULL, FALSE, 0, NULL));
    status_is("password: NTLM has no way",
              ChangeAccountPasswordA("NTLM", DOMAIN, USER, PASSWORD, "new", FALSE, 0, &output),
              SEC_E_UNSUPPORTED_FUNCTION);

    refused("SASL profiles: no places", SaslEnumerateProfilesA(NULL, NULL));
    refused("SASL profiles, wide: no places", SaslEnumerateProfilesW(NULL, NULL));
    refused("SASL profiles: no place for the count", SaslEnumerateProfilesA(&profiles, NULL));
    refused("SASL profiles, wide: no place for the count",
            SaslEnumerateProfilesW(&wide_profiles, NULL));
    refused("SASL profile: no name", SaslGetProfilePackageA(NULL, &info));
    refused("SASL profile, wide: no name", SaslGetProfilePackageW(NULL, &wide));
    refused("SASL profile: no place", SaslGetProfilePackageA("GSSAPI", NULL));
    refused("SASL identify: nothing", SaslIdentifyPackageA(NULL, &info));
    refused("SASL identify, wide: nothing", SaslIdentifyPackageW(NULL, &wide));

    refused("marshal a target: nothing", CredMarshalTargetInfo(NULL, &marshalled, &count));
    refused("unmarshal a target: nothing", CredUnmarshalTargetInfo(NULL, 0xFFFFFFFF, &token, &count));
    refused("binding flags: nothing", SspiSetChannelBindingFlags(NULL, 0));

    async = SspiCreateAsyncContext();
    refused("async: acquire",
            SspiAcquireCredentialsHandleAsyncA(async, NULL, NULL, 0, NULL, NULL, NULL, NULL,
                                               &credential, NULL));
    refused("async, wide: acquire",
            SspiAcquireCredentialsHandleAsyncW(async, NULL, NULL, 0, NULL, NULL, NULL, NULL,
                                               &credential, NULL));
    refused("async: client",
            SspiInitializeSecurityContextAsyncA(async, NULL, NULL, NULL, 0, 0, 0, NULL, 0, NULL,
                                                NULL, NULL, NULL));
    refused("async, wide: client",
            SspiInitializeSecurityContextAsyncW(async, NULL, NULL, NULL, 0, 0, 0, NULL, 0, NULL,
                                                NULL, NULL, NULL));
    refused("async: server",
            SspiAcceptSecurityContextAsync(async, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL));
    refused("async: free", SspiFreeCredentialsHandleAsync(async, NULL));
    refused("async: delete", SspiDeleteSecurityContextAsync(async, NULL));
    refused("async: again", SspiReinitAsyncContext(NULL));
    refused("async: callback", SspiSetAsyncNotifyCallback(NULL, NULL, NULL));
    refused("async: status", SspiGetAsyncCallStatus(NULL));
    check("async: nobody waits", SspiAsyncContextRequiresNotify(NULL) == FALSE);
    SspiFreeAsyncContext(async);
    SspiFreeAsyncContext(NULL);
    pair_close(&pair);
}

/* ---- identities --------------------------------------------------------------------------- */

/* PROVES: API-SSPI-1 API-SSPI-2 API-SSPI-3 API-SSPI-4 API-SSPI-5 API-SSPI-6 API-SSPI-9 */
static void identities(void)
{
    static const WCHAR user[] = {'u', 0}, domain[] = {'d', 0}, password[] = {'p', 0};
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE identity = NULL, copy = NULL;
    PCWSTR text = NULL, other = NULL, third = NULL;
    PWSTR host = NULL;
    ULONG length = 0, type = 0;
    char *bytes = NULL;
    PUCHAR blob = NULL;
    BOOLEAN same_user = FALSE, same = FALSE;
    static char lie[sizeof(SEC_WINNT_AUTH_IDENTITY_EX2)];

    refused("encode: nothing", SspiEncodeStringsAsAuthIdentity(NULL, NULL, NULL, &identity));
    refused("encode: no place", SspiEncodeStringsAsAuthIdentity(user, domain, password, NULL));
    refused("strings: of nothing", SspiEncodeAuthIdentityAsStrings(NULL, &text, &other, &third));
    refused("validate: nothing", SspiValidateAuthIdentity(NULL));
    refused("copy: nothing", SspiCopyAuthIdentity(NULL, &copy));
    refused("marshal: nothing", SspiMarshalAuthIdentity(NULL, &length, &bytes));
    refused("unmarshal: nothing", SspiUnmarshalAuthIdentity(0, NULL, &identity));
    refused("unmarshal: endless at NULL", SspiUnmarshalAuthIdentity(0xFFFFFFFF, NULL, &identity));
    refused("unmarshal: an empty one", SspiUnmarshalAuthIdentity(0, lie, &identity));
    refused("unmarshal: zeros", SspiUnmarshalAuthIdentity(sizeof(lie), lie, &identity));
    refused("unmarshal: no place", SspiUnmarshalAuthIdentity(sizeof(lie), lie, NULL));
    refused("encrypt: nothing", SspiEncryptAuthIdentity(NULL));
    refused("encrypt, Ex: nothing", SspiEncryptAuthIdentityEx(2, NULL));
    refused("decrypt: nothing", SspiDecryptAuthIdentity(NULL));
    refused("decrypt, Ex: nothing", SspiDecryptAuthIdentityEx(2, NULL));
    check("encrypted: nothing is not", SspiIsAuthIdentityEncrypted(NULL) == FALSE);
    refused("exclude: nothing", SspiExcludePackage(NULL, NULL, NULL));
    refused("host: nothing", SspiGetTargetHostName(NULL, &host));
    refused("host: no place", SspiGetTargetHostName(user, NULL));
    refused("read: nothing", SspiPrepareForCredRead(NULL, NULL, &type, &text));
    refused("write: nothing",
            SspiPrepareForCredWrite(NULL, NULL, &type, &text, &other, &blob, &length));
    SspiFreeAuthIdentity(NULL);
    SspiZeroAuthIdentity(NULL);
    SspiLocalFree(NULL);

    status_is("encode", SspiEncodeStringsAsAuthIdentity(user, domain, password, &identity),
              SEC_E_OK);
    must("encode: an identity", identity != NULL);
    status_is("validate", SspiValidateAuthIdentity(identity), SEC_E_OK);
    refused("copy: no place", SspiCopyAuthIdentity(identity, NULL));
    refused("strings: no places", SspiEncodeAuthIdentityAsStrings(identity, NULL, NULL, NULL));
    refused("marshal: no places", SspiMarshalAuthIdentity(identity, NULL, NULL));
    status_is("copy", SspiCopyAuthIdentity(identity, &copy), SEC_E_OK);
    status_is("compare", SspiCompareAuthIdentities(identity, copy, &same_user, &same), SEC_E_OK);
    check("compare: the same", same_user != FALSE && same != FALSE);
    status_is("compare: with nothing",
              SspiCompareAuthIdentities(identity, NULL, &same_user, &same), SEC_E_OK);
    check("compare: another", same_user == FALSE && same == FALSE);
    status_is("compare: nobody asks", SspiCompareAuthIdentities(identity, copy, NULL, NULL),
              SEC_E_OK);
    status_is("encrypt", SspiEncryptAuthIdentity(identity), SEC_E_OK);
    check("encrypted", SspiIsAuthIdentityEncrypted(identity) != FALSE);
    status_is("decrypt", SspiDecryptAuthIdentity(identity), SEC_E_OK);
    check("not encrypted", SspiIsAuthIdentityEncrypted(identity) == FALSE);
    status_is("strings", SspiEncodeAuthIdentityAsStrings(identity, &text, &other, &third),
              SEC_E_OK);
    check("strings: as they went in", text != NULL && text[0] == 'u' && text[1] == 0 &&
                                          other != NULL && other[0] == 'd' && other[1] == 0);
    SspiLocalFree((PVOID)(uintptr_t)text);
    SspiLocalFree((PVOID)(uintptr_t)other);
    SspiLocalFree((PVOID)(uintptr_t)third);
    SspiZeroAuthIdentity(copy);
    refused("validate: a wiped one", SspiValidateAuthIdentity(copy));
    SspiFreeAuthIdentity(copy);
    SspiFreeAuthIdentity(identity);
}

int main(void)
{
    handles();
    wrong_roles();
    descriptors();
    misaligned();
    handshakes();
    credentials();
    packages();
    memory();
    attributes();
    not_yet();
    identities();
    return finish("abuse");
}
