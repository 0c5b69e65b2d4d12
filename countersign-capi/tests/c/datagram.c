/*
 * Datagram contexts through the C interface, in the style of DCE RPC over datagrams: the client signs
 * before anything was exchanged, the server challenges when it likes, and may forget everything.
 */
#include "check.h"

#define CLIENT_REQ (ISC_REQ_DATAGRAM | ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY)
#define SERVER_REQ (ASC_REQ_DATAGRAM | ASC_REQ_CONFIDENTIALITY | ASC_REQ_INTEGRITY)

static CredHandle client_credential, server_credential;

/* One call of the client with the server's token, or without one. */
static SECURITY_STATUS client_call(CtxtHandle *context, int first, struct guarded *token,
                                   struct guarded *answer, ULONG *flags)
{
    SecBuffer in, out;
    SecBufferDesc input, output;
    SECURITY_STATUS status;
    set_buffer(&in, SECBUFFER_TOKEN, token ? token->at : NULL, token ? token->length : 0);
    set_buffer(&out, SECBUFFER_TOKEN, answer->at, answer->length);
    input = describe(&in, 1);
    output = describe(&out, 1);
    status = InitializeSecurityContextA(&client_credential, first ? NULL : context, TARGET,
                                        CLIENT_REQ, 0, SECURITY_NATIVE_DREP, token ? &input : NULL,
                                        0, context, &output, flags, NULL);
    answer->length = out.cbBuffer;
    return status;
}

static SECURITY_STATUS server_call(CtxtHandle *context, int first, ULONG request,
                                   struct guarded *token, struct guarded *answer, ULONG *flags)
{
    SecBuffer in, out;
    SecBufferDesc input, output;
    SECURITY_STATUS status;
    set_buffer(&in, SECBUFFER_TOKEN, token ? token->at : NULL, token ? token->length : 0);
    set_buffer(&out, SECBUFFER_TOKEN, answer->at, answer->length);
    input = describe(&in, 1);
    output = describe(&out, 1);
    status = AcceptSecurityContext(&server_credential, first ? NULL : context,
                                   token ? &input : NULL, request, SECURITY_NATIVE_DREP, context,
                                   &output, flags, NULL);
    answer->length = out.cbBuffer;
    return status;
}

/* The server challenges, the client answers, the server looks the account up. */
static SECURITY_STATUS establish(CtxtHandle *client, CtxtHandle *server, int fresh, ULONG request)
{
    struct guarded challenge = guarded(2888), answer = guarded(2888), rest = guarded(2888);
    ULONG client_flags = 0, server_flags = 0;
    SECURITY_STATUS status;
    status = server_call(server, fresh, request, NULL, &challenge, &server_flags);
    if (status == SEC_I_CONTINUE_NEEDED && challenge.length > 0) {
        status = client_call(client, 0, &challenge, &answer, &client_flags);
    }
    if (status == SEC_E_OK) {
        status = server_call(server, 0, request, &answer, &rest, &server_flags);
    }
    if (status == SEC_E_OK && rest.length != 0) {
        status = SEC_E_INTERNAL_ERROR;
    }
    release(&challenge);
    release(&answer);
    release(&rest);
    return status;
}

static SECURITY_STATUS sign_as(CtxtHandle *context, const char *text, ULONG number,
                               unsigned char token[16])
{
    SecBuffer buffers[2];
    SecBufferDesc message;
    set_buffer(&buffers[0], SECBUFFER_DATA, (void *)text, strlen(text));
    set_buffer(&buffers[1], SECBUFFER_TOKEN, token, 16);
    message = describe(buffers, 2);
    return MakeSignature(context, 0, &message, number);
}

static SECURITY_STATUS verify_as(CtxtHandle *context, const char *text, ULONG number,
                                 unsigned char token[16])
{
    SecBuffer buffers[2];
    SecBufferDesc message;
    set_buffer(&buffers[0], SECBUFFER_DATA, (void *)text, strlen(text));
    set_buffer(&buffers[1], SECBUFFER_TOKEN, token, 16);
    message = describe(buffers, 2);
    return VerifySignature(context, &message, number, NULL);
}

/* PROVES: DG-1 DG-3 DG-4 DG-12 */
static void sign_first_authenticate_later(void)
{
    CtxtHandle client, server;
    struct guarded token = guarded(2888), none = guarded(2888);
    unsigned char first[16], copy[16];
    ULONG flags = 0;
    SECURITY_STATUS status;

    status = client_call(&client, 1, NULL, &token, &flags);
    check("first call of the client succeeds", status >= 0);
    check("it makes no token", token.length == 0);
    check("the context is a datagram one",
          (flags & ISC_RET_DATAGRAM) != 0 && (flags & ISC_RET_CONNECTION) == 0);
    status_is("it signs at once", sign_as(&client, "request one", 1, first), SEC_E_OK);

    status = server_call(&server, 1, SERVER_REQ, NULL, &none, &flags);
    status_is("the server challenges without a token", status, SEC_I_CONTINUE_NEEDED);
    memcpy(copy, first, sizeof(copy));
    refused("it can not verify yet", verify_as(&server, "request one", 1, copy));
    DeleteSecurityContext(&server);

    status_is("established", establish(&client, &server, 1, SERVER_REQ), SEC_E_OK);
    memcpy(copy, first, sizeof(copy));
    status_is("request one verifies", verify_as(&server, "request one", 1, copy), SEC_E_OK);
    memcpy(copy, first, sizeof(copy));
    status_is("and not as number two", verify_as(&server, "request one", 2, copy),
              SEC_E_OUT_OF_SEQUENCE);
    memcpy(copy, first, sizeof(copy));
    status_is("and not with another text", verify_as(&server, "request on3", 1, copy),
              SEC_E_MESSAGE_ALTERED);
    DeleteSecurityContext(&client);
    DeleteSecurityContext(&server);
    release(&token);
    release(&none);
}

/* PROVES: DG-5 DG-6 DG-7 DG-8 DG-9 */
static void forgotten_again_and_again(void)
{
    CtxtHandle client, server;
    struct guarded token = guarded(2888);
    unsigned char early[16], copy[16], late[16];
    ULONG flags = 0;
    int round;

    must("client", client_call(&client, 1, NULL, &token, &flags) >= 0);
    must("early", sign_as(&client, "early", 7, early) == SEC_E_OK);
    for (round = 0; round < 4; round++) {
        /* The server kept nothing; the client's context and credential are those of before. */
        status_is("established again", establish(&client, &server, 1, SERVER_REQ), SEC_E_OK);
        memcpy(copy, early, sizeof(copy));
        status_is("the early message verifies", verify_as(&server, "early", 7, copy), SEC_E_OK);
        must("late", sign_as(&client, "late", 3, late) == SEC_E_OK);
        status_is("a lower number verifies later", verify_as(&server, "late", 3, late), SEC_E_OK);
        /* Once more on the same server context. */
        status_is("established on the same context", establish(&client, &server, 0, SERVER_REQ),
                  SEC_E_OK);
        DeleteSecurityContext(&server);
    }
    DeleteSecurityContext(&client);
    release(&token);
}

/* PROVES: DG-10 API-MSG-3 */
static void detection(void)
{
    CtxtHandle client, server;
    struct guarded token = guarded(2888);
    unsigned char one[16], copy[16];
    ULONG flags = 0;

    must("client", client_call(&client, 1, NULL, &token, &flags) >= 0);
    must("established",
         establish(&client, &server, 1, SERVER_REQ | ASC_REQ_REPLAY_DETECT) == SEC_E_OK);
    must("one", sign_as(&client, "one", 1, one) == SEC_E_OK);
    memcpy(copy, one, sizeof(copy));
    status_is("the first time", verify_as(&server, "one", 1, copy), SEC_E_OK);
    memcpy(copy, one, sizeof(copy));
    status_is("a replay, where it was asked for", verify_as(&server, "one", 1, copy),
              SEC_E_OUT_OF_SEQUENCE);
    DeleteSecurityContext(&client);
    DeleteSecurityContext(&server);
    release(&token);
}

/* Sealed datagrams, both ways. */
static void sealed(void)
{
    CtxtHandle client, server;
    struct guarded token = guarded(2888), data, signature = guarded(16);
    SecBuffer buffers[2];
    SecBufferDesc message;
    ULONG flags = 0;

    must("client", client_call(&client, 1, NULL, &token, &flags) >= 0);
    data = guarded_text("sealed before the exchange");
    set_buffer(&buffers[0], SECBUFFER_TOKEN, signature.at, signature.length);
    set_buffer(&buffers[1], SECBUFFER_DATA, data.at, data.length);
    message = describe(buffers, 2);
    status_is("sealed before the exchange", EncryptMessage(&client, 0, &message, 5), SEC_E_OK);
    check("it is not to be read", !holds_text(&data, "sealed before the exchange"));
    must("established", establish(&client, &server, 1, SERVER_REQ) == SEC_E_OK);
    status_is("opened afterwards", DecryptMessage(&server, &message, 5, NULL), SEC_E_OK);
    check("it is to be read", holds_text(&data, "sealed before the exchange"));
    status_is("sealed by the server", EncryptMessage(&server, 0, &message, 5), SEC_E_OK);
    status_is("opened by the client", DecryptMessage(&client, &message, 5, NULL), SEC_E_OK);
    check("both ways", holds_text(&data, "sealed before the exchange"));
    check("guards", intact(&data) && intact(&signature));
    DeleteSecurityContext(&client);
    DeleteSecurityContext(&server);
    release(&token);
    release(&data);
    release(&signature);
}

/* PROVES: DG-2 */
static void advertised(void)
{
    PSecPkgInfoA info = NULL;
    must("NTLM", QuerySecurityPackageInfoA((SEC_CHAR *)"NTLM", &info) == SEC_E_OK);
    check("NTLM says that it has datagrams", (info->fCapabilities & SECPKG_FLAG_DATAGRAM) != 0);
    FreeContextBuffer(info);
}

int main(void)
{
    SEC_WINNT_AUTH_IDENTITY_A identity;
    memset(&identity, 0, sizeof(identity));
    identity.User = (unsigned char *)USER;
    identity.UserLength = (ULONG)strlen(USER);
    identity.Domain = (unsigned char *)DOMAIN;
    identity.DomainLength = (ULONG)strlen(DOMAIN);
    identity.Password = (unsigned char *)PASSWORD;
    identity.PasswordLength = (ULONG)strlen(PASSWORD);
    identity.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
    must("client credential",
         AcquireCredentialsHandleA(NULL, (SEC_CHAR *)"NTLM", SECPKG_CRED_OUTBOUND, NULL, &identity,
                                   NULL, NULL, &client_credential, NULL) == SEC_E_OK);
    must("server credential",
         AcquireCredentialsHandleA(NULL, (SEC_CHAR *)"NTLM", SECPKG_CRED_INBOUND, NULL, NULL, NULL,
                                   NULL, &server_credential, NULL) == SEC_E_OK);
    advertised();
    sign_first_authenticate_later();
    forgotten_again_and_again();
    detection();
    sealed();
    FreeCredentialsHandle(&client_credential);
    FreeCredentialsHandle(&server_credential);
    return finish("datagram");
}
