/*
 * Both roles in one process: the handshake, attributes, and every way to protect a message, with
 * guards around every buffer that a caller owns.
 */
#include "check.h"

static void free_buffer(const char *name, void *at)
{
    check(name, at != NULL && FreeContextBuffer(at) == SEC_E_OK);
}

/* PROVES: API-ISC-1 API-ISC-4 API-ISC-9 NTLM-API-1 API-ABI-4 */
static void handshake(void)
{
    struct pair pair;
    struct guarded one, two, three, four;
    SecBuffer in, out;
    SecBufferDesc input = describe(&in, 1), output = describe(&out, 1);
    TimeStamp expiry;
    ULONG most;
    PSecPkgInfoA info;

    memset(&pair, 0, sizeof(pair));
    must("package", QuerySecurityPackageInfoA("NTLM", &info) == SEC_E_OK);
    most = info->cbMaxToken;
    check("handshake: cbMaxToken", most == 2888);
    FreeContextBuffer(info);
    one = guarded(most);
    two = guarded(most);
    three = guarded(most);
    four = guarded(most);

    must("client credential", acquire_client(&pair.client_credential) == SEC_E_OK);
    must("server credential", acquire_server(&pair.server_credential) == SEC_E_OK);

    SecInvalidateHandle(&pair.client);
    check("handshake: an invalidated handle", !SecIsValidHandle(&pair.client));
    set_buffer(&out, SECBUFFER_TOKEN, one.at, one.length);
    status_is("handshake: first token",
              InitializeSecurityContextA(&pair.client_credential, NULL, TARGET, PROTECTED_REQ, 0,
                                         SECURITY_NATIVE_DREP, NULL, 0, &pair.client, &output,
                                         &pair.client_flags, &expiry),
              SEC_I_CONTINUE_NEEDED);
    check("handshake: a valid handle", SecIsValidHandle(&pair.client));
    check("handshake: length of the first token", out.cbBuffer > 12 && out.cbBuffer < most);
    check("handshake: the first token is one of NTLM", memcmp(one.at, "NTLMSSP", 8) == 0);
    check("handshake: the buffer is the caller's", out.pvBuffer == one.at);

    set_buffer(&in, SECBUFFER_TOKEN, one.at, out.cbBuffer);
    set_buffer(&out, SECBUFFER_TOKEN, two.at, two.length);
    status_is("handshake: second token",
              AcceptSecurityContext(&pair.server_credential, NULL, &input, PROTECTED_ASC,
                                    SECURITY_NATIVE_DREP, &pair.server, &output,
                                    &pair.server_flags, &expiry),
              SEC_I_CONTINUE_NEEDED);

    set_buffer(&in, SECBUFFER_TOKEN, two.at, out.cbBuffer);
    set_buffer(&out, SECBUFFER_TOKEN, three.at, three.length);
    /* The same handle may be the old context and the new one. PROVES: API-ABI-11 */
    status_is("handshake: third token",
              InitializeSecurityContextA(&pair.client_credential, &pair.client, TARGET,
                                         PROTECTED_REQ, 0, SECURITY_NATIVE_DREP, &input, 0,
                                         &pair.client, &output, &pair.client_flags, &expiry),
              SEC_E_OK);
    check("handshake: client flags", (pair.client_flags & PROTECTED_REQ) == PROTECTED_REQ);
    /* PROVES: NTLM-API-2 API-ISC-17 */
    check("handshake: no mutual authentication", (pair.client_flags & ISC_RET_MUTUAL_AUTH) == 0);

    set_buffer(&in, SECBUFFER_TOKEN, three.at, out.cbBuffer);
    set_buffer(&out, SECBUFFER_TOKEN, four.at, four.length);
    status_is("handshake: no fourth token",
              AcceptSecurityContext(&pair.server_credential, &pair.server, &input, PROTECTED_ASC,
                                    SECURITY_NATIVE_DREP, &pair.server, &output,
                                    &pair.server_flags, &expiry),
              SEC_E_OK);
    check("handshake: the last output is empty", out.cbBuffer == 0);
    check("handshake: server flags", (pair.server_flags & PROTECTED_ASC) == PROTECTED_ASC);
    check("handshake: guards",
          intact(&one) && intact(&two) && intact(&three) && intact(&four));

    /* Authenticating again is refused where a package has no way to. PROVES: API-ISC-18 */
    set_buffer(&out, SECBUFFER_TOKEN, four.at, four.length);
    status_is("handshake: once more",
              InitializeSecurityContextA(&pair.client_credential, &pair.client, TARGET,
                                         PROTECTED_REQ, 0, SECURITY_NATIVE_DREP, NULL, 0,
                                         &pair.client, &output, &pair.client_flags, &expiry),
              SEC_E_UNSUPPORTED_FUNCTION);

    release(&one);
    release(&two);
    release(&three);
    release(&four);
    pair_close(&pair);
}

/* PROVES: API-CTX-4 API-ABI-8 API-ABI-10 NTLM-API-8 */
static void attributes(void)
{
    struct pair pair;
    SecPkgContext_Sizes sizes;
    SecPkgContext_NamesA names;
    SecPkgContext_NamesW wide_names;
    SecPkgContext_Flags flags;
    SecPkgContext_SessionKey client_key, server_key;
    SecPkgContext_Lifespan lifespan;
    SecPkgContext_PackageInfoA package;
    SecPkgContext_NegotiationInfoA negotiation;
    SecPkgContext_KeyInfoA key_info;
    SecPkgContext_ClientSpecifiedTarget target;
    SecPkgContext_TargetInformation information;
    SecPkgContext_LastClientTokenStatus last;
    static const char expected[] = QUALIFIED;
    unsigned char room[64];
    size_t n;

    must("pair", pair_open(&pair, PROTECTED_REQ, PROTECTED_ASC) == SEC_E_OK);

    memset(&sizes, 0, sizeof(sizes));
    status_is("attributes: sizes",
              QueryContextAttributesA(&pair.client, SECPKG_ATTR_SIZES, &sizes), SEC_E_OK);
    check("attributes: values of sizes", sizes.cbMaxToken == 2888 && sizes.cbMaxSignature == 16 &&
                                             sizes.cbBlockSize == 1 &&
                                             sizes.cbSecurityTrailer == 16);

    memset(&names, 0, sizeof(names));
    status_is("attributes: names",
              QueryContextAttributesA(&pair.server, SECPKG_ATTR_NAMES, &names), SEC_E_OK);
    check("attributes: the client's name",
          names.sUserName != NULL && strcmp(names.sUserName, expected) == 0);
    free_buffer("attributes: free the name", names.sUserName);

    memset(&wide_names, 0, sizeof(wide_names));
    status_is("attributes: wide names",
              QueryContextAttributesW(&pair.server, SECPKG_ATTR_NAMES, &wide_names), SEC_E_OK);
    for (n = 0; wide_names.sUserName != NULL && n < sizeof(expected); n++) {
        if (wide_names.sUserName[n] != (SEC_WCHAR)(unsigned char)expected[n]) {
            break;
        }
    }
    check("attributes: the client's wide name", n == sizeof(expected));
    free_buffer("attributes: free the wide name", wide_names.sUserName);

    status_is("attributes: flags", QueryContextAttributesA(&pair.client, SECPKG_ATTR_FLAGS, &flags),
              SEC_E_OK);
    /* An allocated token is a matter of one call, not of the context. */
    check("attributes: the flags are those of the handshake",
          (flags.Flags | ISC_RET_ALLOCATED_MEMORY) ==
              (pair.client_flags | ISC_RET_ALLOCATED_MEMORY));
    status_is("attributes: server flags",
              QueryContextAttributesA(&pair.server, SECPKG_ATTR_FLAGS, &flags), SEC_E_OK);
    /* PROVES: API-FLG-1 */
    check("attributes: integrity has the server's bit", (flags.Flags & ASC_RET_INTEGRITY) != 0 &&
                                                            (flags.Flags & ASC_RET_STREAM) == 0);

    memset(&client_key, 0, sizeof(client_key));
    memset(&server_key, 0, sizeof(server_key));
    status_is("attributes: client key",
              QueryContextAttributesA(&pair.client, SECPKG_ATTR_SESSION_KEY, &client_key),
              SEC_E_OK);
    status_is("attributes: server key",
              QueryContextAttributesA(&pair.server, SECPKG_ATTR_SESSION_KEY, &server_key),
              SEC_E_OK);
    check("attributes: both have one key",
          client_key.SessionKeyLength == 16 && server_key.SessionKeyLength == 16 &&
              client_key.SessionKey != NULL && server_key.SessionKey != NULL &&
              memcmp(client_key.SessionKey, server_key.SessionKey, 16) == 0);
    free_buffer("attributes: free the client key", client_key.SessionKey);
    free_buffer("attributes: free the server key", server_key.SessionKey);

    status_is("attributes: lifespan",
              QueryContextAttributesA(&pair.client, SECPKG_ATTR_LIFESPAN, &lifespan), SEC_E_OK);
    check("attributes: the lifespan has a length",
          lifespan.tsStart.QuadPart < lifespan.tsExpiry.QuadPart);

    memset(&package, 0, sizeof(package));
    status_is("attributes: package",
              QueryContextAttributesA(&pair.client, SECPKG_ATTR_PACKAGE_INFO, &package), SEC_E_OK);
    check("attributes: name of the package",
          package.PackageInfo != NULL && strcmp(package.PackageInfo->Name, "NTLM") == 0 &&
              package.PackageInfo->wVersion == 1 && package.PackageInfo->wRPCID == 10);
    free_buffer("attributes: free the package", package.PackageInfo);

    memset(&negotiation, 0, sizeof(negotiation));
    status_is("attributes: negotiation",
              QueryContextAttributesA(&pair.client, SECPKG_ATTR_NEGOTIATION_INFO, &negotiation),
              SEC_E_OK);
    check("attributes: the negotiation is complete",
          negotiation.PackageInfo != NULL &&
              negotiation.NegotiationState == SECPKG_NEGOTIATION_COMPLETE);
    free_buffer("attributes: free the negotiation", negotiation.PackageInfo);

    memset(&key_info, 0, sizeof(key_info));
    status_is("attributes: key info",
              QueryContextAttributesA(&pair.client, SECPKG_ATTR_KEY_INFO, &key_info), SEC_E_OK);
    check("attributes: 128 bits", key_info.KeySize == 128);
    free_buffer("attributes: free the signature's name", key_info.sSignatureAlgorithmName);
    free_buffer("attributes: free the encryption's name", key_info.sEncryptAlgorithmName);

    memset(&information, 0, sizeof(information));
    status_is("attributes: target information",
              QueryContextAttributesA(&pair.client, SECPKG_ATTR_TARGET_INFORMATION, &information),
              SEC_E_OK);
    check("attributes: there is target information", information.MarshalledTargetInfoLength > 0);
    free_buffer("attributes: free the target information", information.MarshalledTargetInfo);

    memset(&target, 0, sizeof(target));
    status_is("attributes: the client's target",
              QueryContextAttributesW(&pair.server, SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, &target),
              SEC_E_OK);
    check("attributes: it begins with HTTP", target.sTargetName != NULL &&
                                                 target.sTargetName[0] == 'H' &&
                                                 target.sTargetName[3] == 'P');
    free_buffer("attributes: free the target", target.sTargetName);

    status_is("attributes: last token",
              QueryContextAttributesA(&pair.client, SECPKG_ATTR_LAST_CLIENT_TOKEN_STATUS, &last),
              SEC_E_OK);
    check("attributes: it was the last", last.LastClientTokenStatus == SecPkgAttrLastClientTokenYes);

    memset(room, 0, sizeof(room));
    status_is("attributes: one of Schannel",
              QueryContextAttributesA(&pair.client, SECPKG_ATTR_CONNECTION_INFO, room),
              SEC_E_UNSUPPORTED_FUNCTION);
    status_is("attributes: an unknown one", QueryContextAttributesA(&pair.client, 4711, room),
              SEC_E_UNSUPPORTED_FUNCTION);
    status_is("attributes: nothing can be set",
              SetContextAttributesA(&pair.client, SECPKG_ATTR_APP_DATA, room, sizeof(room)),
              SEC_E_UNSUPPORTED_FUNCTION);

    /* PROVES: API-CRED-13 */
    status_is("attributes: Ex with room",
              QueryContextAttributesExA(&pair.client, SECPKG_ATTR_SIZES, &sizes, sizeof(sizes)),
              SEC_E_OK);
    status_is("attributes: Ex without room",
              QueryContextAttributesExA(&pair.client, SECPKG_ATTR_SIZES, &sizes,
                                        sizeof(sizes) - 1),
              SEC_E_BUFFER_TOO_SMALL);
    pair_close(&pair);
}

/* A message from one context to the other, whose buffers have guards. */
static void one_message(const char *name, CtxtHandle *from, CtxtHandle *to, const char *text)
{
    struct guarded token = guarded(40), data = guarded_text(text), padding = guarded(8);
    SecBuffer buffers[3];
    SecBufferDesc message = describe(buffers, 3);
    ULONG quality = 77, used;
    char line[128];

    set_buffer(&buffers[0], SECBUFFER_TOKEN, token.at, token.length);
    set_buffer(&buffers[1], SECBUFFER_DATA, data.at, data.length);
    set_buffer(&buffers[2], SECBUFFER_PADDING, padding.at, padding.length);
    snprintf(line, sizeof(line), "%s: encrypt", name);
    status_is(line, EncryptMessage(from, 0, &message, 0), SEC_E_OK);
    snprintf(line, sizeof(line), "%s: lengths after it", name);
    /* PROVES: API-MSG-4 NTLM-SIG-8 */
    check(line, buffers[0].cbBuffer == 16 && buffers[1].cbBuffer == data.length &&
                    buffers[2].cbBuffer == 0);
    snprintf(line, sizeof(line), "%s: it is encrypted", name);
    /* One byte in 256 is encrypted to itself. */
    check(line, data.length < 8 || !holds_text(&data, text));
    used = buffers[0].cbBuffer;

    set_buffer(&buffers[0], SECBUFFER_DATA, data.at, data.length);
    set_buffer(&buffers[1], SECBUFFER_TOKEN, token.at, used);
    message = describe(buffers, 2);
    snprintf(line, sizeof(line), "%s: decrypt", name);
    status_is(line, DecryptMessage(to, &message, 0, &quality), SEC_E_OK);
    snprintf(line, sizeof(line), "%s: the text is back", name);
    check(line, holds_text(&data, text) && quality == 0);
    snprintf(line, sizeof(line), "%s: guards", name);
    check(line, intact(&token) && intact(&data) && intact(&padding));
    release(&token);
    release(&data);
    release(&padding);
}

/* PROVES: API-MSG-3 API-MSG-6 API-MSG-7 API-MSG-8 API-MSG-9 NTLM-API-9 */
static void messages(struct pair *pair)
{
    unsigned char token[16];
    one_message("to the server", &pair->client, &pair->server, "a first message");
    one_message("to the client", &pair->server, &pair->client, "and its answer");
    one_message("a second one", &pair->client, &pair->server, "x");
    status_is("empty: encrypt", seal(&pair->client, 0, token, NULL, 0), SEC_E_OK);
    status_is("empty: decrypt", unseal(&pair->server, token, NULL, 0), SEC_E_OK);
}

/* PROVES: API-MSG-5 */
static void several_buffers(struct pair *pair)
{
    struct guarded token = guarded(16), first = guarded_text("several "),
                   second = guarded_text("pieces make "), third = guarded_text("one message"),
                   whole = guarded(31);
    SecBuffer buffers[4];
    SecBufferDesc message = describe(buffers, 4);

    set_buffer(&buffers[0], SECBUFFER_DATA, first.at, first.length);
    set_buffer(&buffers[1], SECBUFFER_DATA, second.at, second.length);
    set_buffer(&buffers[2], SECBUFFER_TOKEN, token.at, token.length);
    set_buffer(&buffers[3], SECBUFFER_DATA, third.at, third.length);
    status_is("several buffers: encrypt", EncryptMessage(&pair->client, 0, &message, 0), SEC_E_OK);
    memcpy(whole.at, first.at, first.length);
    memcpy(whole.at + first.length, second.at, second.length);
    memcpy(whole.at + first.length + second.length, third.at, third.length);
    status_is("several buffers: decrypt in one",
              unseal(&pair->server, token.at, whole.at, whole.length), SEC_E_OK);
    check("several buffers: the text", holds_text(&whole, "several pieces make one message"));
    check("several buffers: guards",
          intact(&token) && intact(&first) && intact(&second) && intact(&third) && intact(&whole));

    /* And the other way round: sent as one, taken apart by the receiver. */
    status_is("several buffers: encrypt in one",
              seal(&pair->client, 0, token.at, whole.at, whole.length), SEC_E_OK);
    set_buffer(&buffers[0], SECBUFFER_TOKEN, token.at, token.length);
    set_buffer(&buffers[1], SECBUFFER_DATA, whole.at, 5);
    set_buffer(&buffers[2], SECBUFFER_DATA, whole.at + 5, 1);
    set_buffer(&buffers[3], SECBUFFER_DATA, whole.at + 6, whole.length - 6);
    status_is("several buffers: decrypt in three",
              DecryptMessage(&pair->server, &message, 0, NULL), SEC_E_OK);
    check("several buffers: the text again", holds_text(&whole, "several pieces make one message"));
    release(&token);
    release(&first);
    release(&second);
    release(&third);
    release(&whole);
}

/* More pieces than fit on anybody's stack. PROVES: API-MSG-5 */
static void many_buffers(struct pair *pair)
{
    enum { COUNT = 100 };
    struct guarded token = guarded(16), data = guarded(COUNT), whole = guarded(COUNT);
    SecBuffer buffers[COUNT + 1];
    SecBufferDesc message = describe(buffers, COUNT + 1);
    size_t n;

    for (n = 0; n < COUNT; n++) {
        data.at[n] = (unsigned char)n;
        set_buffer(&buffers[n], SECBUFFER_DATA, data.at + n, 1);
    }
    set_buffer(&buffers[COUNT], SECBUFFER_TOKEN, token.at, token.length);
    status_is("a hundred buffers: encrypt", EncryptMessage(&pair->client, 0, &message, 0),
              SEC_E_OK);
    memcpy(whole.at, data.at, COUNT);
    status_is("a hundred buffers: decrypt", unseal(&pair->server, token.at, whole.at, COUNT),
              SEC_E_OK);
    for (n = 0; n < COUNT && whole.at[n] == n; n++) {
    }
    check("a hundred buffers: the bytes", n == COUNT);
    status_is("a hundred buffers: sign", MakeSignature(&pair->client, 0, &message, 0), SEC_E_OK);
    status_is("a hundred buffers: verify", VerifySignature(&pair->server, &message, 0, NULL),
              SEC_E_OK);
    release(&token);
    release(&data);
    release(&whole);
}

/* PROVES: API-MSG-5 API-ABI-7 NTLM-SIG-7 */
static void read_only(struct pair *pair, const char *name, ULONG attribute)
{
    struct guarded token = guarded(16), head = guarded_text("head: clear, signed"),
                   body = guarded_text("body: encrypted");
    unsigned char sealed[15];
    SecBuffer buffers[3];
    SecBufferDesc message = describe(buffers, 3);
    char line[128];

    set_buffer(&buffers[0], SECBUFFER_TOKEN, token.at, token.length);
    set_buffer(&buffers[1], SECBUFFER_DATA | attribute, head.at, head.length);
    set_buffer(&buffers[2], SECBUFFER_DATA, body.at, body.length);
    snprintf(line, sizeof(line), "%s: encrypt", name);
    status_is(line, EncryptMessage(&pair->client, 0, &message, 0), SEC_E_OK);
    snprintf(line, sizeof(line), "%s: the head is clear", name);
    check(line, holds_text(&head, "head: clear, signed"));
    snprintf(line, sizeof(line), "%s: the body is not", name);
    check(line, !holds_text(&body, "body: encrypted"));
    snprintf(line, sizeof(line), "%s: the type stays", name);
    check(line, buffers[1].BufferType == (SECBUFFER_DATA | attribute));
    memcpy(sealed, body.at, body.length);

    head.at[0] ^= 1;
    snprintf(line, sizeof(line), "%s: an altered head", name);
    status_is(line, DecryptMessage(&pair->server, &message, 0, NULL), SEC_E_MESSAGE_ALTERED);
    snprintf(line, sizeof(line), "%s: nothing is written to it", name);
    check(line, head.at[0] == ('h' ^ 1));
    head.at[0] ^= 1;
    memcpy(body.at, sealed, body.length);
    snprintf(line, sizeof(line), "%s: decrypt", name);
    status_is(line, DecryptMessage(&pair->server, &message, 0, NULL), SEC_E_OK);
    snprintf(line, sizeof(line), "%s: the texts", name);
    check(line, holds_text(&head, "head: clear, signed") && holds_text(&body, "body: encrypted"));
    snprintf(line, sizeof(line), "%s: guards", name);
    check(line, intact(&token) && intact(&head) && intact(&body));
    release(&token);
    release(&head);
    release(&body);
}

/* The whole message in one buffer. PROVES: API-MSG-10 */
static void stream(struct pair *pair)
{
    struct guarded wire = guarded(16 + 13);
    SecBuffer buffers[2];
    SecBufferDesc message = describe(buffers, 2);
    ULONG quality = 77;

    memcpy(wire.at + 16, "in one stream", 13);
    status_is("stream: encrypt", seal(&pair->server, 0, wire.at, wire.at + 16, 13), SEC_E_OK);
    set_buffer(&buffers[0], SECBUFFER_STREAM, wire.at, wire.length);
    set_buffer(&buffers[1], SECBUFFER_DATA, NULL, 0);
    status_is("stream: decrypt", DecryptMessage(&pair->client, &message, 0, &quality), SEC_E_OK);
    check("stream: the data is inside the stream", buffers[1].BufferType == SECBUFFER_DATA &&
                                                       buffers[1].pvBuffer == wire.at + 16 &&
                                                       buffers[1].cbBuffer == 13);
    check("stream: the text", memcmp(wire.at + 16, "in one stream", 13) == 0 && quality == 0);
    check("stream: guards", intact(&wire));

    set_buffer(&buffers[0], SECBUFFER_STREAM, wire.at, 15);
    set_buffer(&buffers[1], SECBUFFER_DATA, NULL, 0);
    refused("stream: shorter than a signature",
            DecryptMessage(&pair->client, &message, 0, &quality));
    set_buffer(&buffers[0], SECBUFFER_STREAM, wire.at, wire.length);
    message.cBuffers = 1;
    status_is("stream: no buffer for the result",
              DecryptMessage(&pair->client, &message, 0, &quality), SEC_E_INVALID_TOKEN);
    release(&wire);
}

/* PROVES: API-MSG-1 API-MSG-2 */
static void signatures(struct pair *pair)
{
    struct guarded token = guarded(16), data = guarded_text("signed, not encrypted");
    SecBuffer buffers[2];
    SecBufferDesc message = describe(buffers, 2);
    ULONG quality = 77;

    set_buffer(&buffers[0], SECBUFFER_DATA, data.at, data.length);
    set_buffer(&buffers[1], SECBUFFER_TOKEN, token.at, token.length);
    status_is("signature: make", MakeSignature(&pair->client, 0, &message, 0), SEC_E_OK);
    check("signature: the text stays", holds_text(&data, "signed, not encrypted"));
    check("signature: its length", buffers[1].cbBuffer == 16);
    data.at[3] ^= 0x20;
    status_is("signature: altered text", VerifySignature(&pair->server, &message, 0, &quality),
              SEC_E_MESSAGE_ALTERED);
    data.at[3] ^= 0x20;
    token.at[5] ^= 0x20;
    status_is("signature: altered signature", VerifySignature(&pair->server, &message, 0, &quality),
              SEC_E_MESSAGE_ALTERED);
    token.at[5] ^= 0x20;
    status_is("signature: verify", VerifySignature(&pair->server, &message, 0, &quality),
              SEC_E_OK);
    status_is("signature: once more is a replay",
              VerifySignature(&pair->server, &message, 0, &quality), SEC_E_OUT_OF_SEQUENCE);

    status_is("signature: make another", sign(&pair->client, token.at, data.at, data.length),
              SEC_E_OK);
    status_is("signature: nobody asks for the quality",
              verify(&pair->server, token.at, data.at, data.length), SEC_E_OK);
    check("signature: guards", intact(&token) && intact(&data));

    set_buffer(&buffers[1], SECBUFFER_TOKEN, token.at, 15);
    status_is("signature: no room", MakeSignature(&pair->client, 0, &message, 0),
              SEC_E_BUFFER_TOO_SMALL);
    message.cBuffers = 1;
    status_is("signature: no token", MakeSignature(&pair->client, 0, &message, 0),
              SEC_E_INVALID_TOKEN);
    status_is("signature: no token to verify", VerifySignature(&pair->server, &message, 0, NULL),
              SEC_E_INVALID_TOKEN);
    check("signature: guards after errors", intact(&token) && intact(&data));

    /* The errors have used up no number. PROVES: API-MSG-13 */
    status_is("signature: make after errors", sign(&pair->client, token.at, data.at, data.length),
              SEC_E_OK);
    status_is("signature: verify after errors",
              verify(&pair->server, token.at, data.at, data.length), SEC_E_OK);
    release(&token);
    release(&data);
}

/* PROVES: API-MSG-4 API-MSG-6 */
static void too_small(struct pair *pair)
{
    struct guarded token = guarded(15), data = guarded_text("does not fit");
    SecBuffer buffers[2];
    SecBufferDesc message = describe(buffers, 2);
    unsigned char room[16];

    set_buffer(&buffers[0], SECBUFFER_TOKEN, token.at, token.length);
    set_buffer(&buffers[1], SECBUFFER_DATA, data.at, data.length);
    status_is("too small: encrypt", EncryptMessage(&pair->client, 0, &message, 0),
              SEC_E_BUFFER_TOO_SMALL);
    check("too small: the data stays", holds_text(&data, "does not fit"));
    set_buffer(&buffers[0], SECBUFFER_TOKEN, NULL, 0);
    status_is("too small: no memory", EncryptMessage(&pair->client, 0, &message, 0),
              SEC_E_BUFFER_TOO_SMALL);
    set_buffer(&buffers[0], SECBUFFER_TOKEN, room, sizeof(room));
    message.cBuffers = 1;
    status_is("too small: no data", EncryptMessage(&pair->client, 0, &message, 0),
              SEC_E_INVALID_TOKEN);
    set_buffer(&buffers[0], SECBUFFER_DATA, data.at, data.length);
    refused("too small: no token", EncryptMessage(&pair->client, 0, &message, 0));
    check("too small: the data stays in clear", holds_text(&data, "does not fit"));
    check("too small: guards", intact(&token) && intact(&data));

    status_is("too small: the next message", seal(&pair->client, 0, room, data.at, data.length),
              SEC_E_OK);
    status_is("too small: arrives", unseal(&pair->server, room, data.at, data.length), SEC_E_OK);
    check("too small: in clear", holds_text(&data, "does not fit"));
    release(&token);
    release(&data);
}

/* PROVES: API-MSG-11 API-MSG-13 NTLM-SIG-5 */
static void altered(struct pair *pair)
{
    static const char text[] = "transfer 100 to bob";
    struct guarded token = guarded(16), data = guarded_text(text);
    unsigned char sealed[sizeof(text) - 1];
    size_t n;
    int refusals = 0, leaks = 0;

    status_is("altered: encrypt", seal(&pair->client, 0, token.at, data.at, data.length), SEC_E_OK);
    memcpy(sealed, data.at, data.length);
    for (n = 0; n < data.length; n++) {
        memcpy(data.at, sealed, data.length);
        data.at[n] ^= 0x01;
        if (unseal(&pair->server, token.at, data.at, data.length) == SEC_E_MESSAGE_ALTERED) {
            refusals++;
        }
        /* Nothing of the text may be there. */
        if (memcmp(data.at, text, data.length) == 0 ||
            (n > 4 && memcmp(data.at, text, 4) == 0)) {
            leaks++;
        }
    }
    check("altered: every byte of the data", refusals == (int)data.length);
    check("altered: no text comes out", leaks == 0);
    refusals = 0;
    for (n = 0; n < 16; n++) {
        SECURITY_STATUS status;
        memcpy(data.at, sealed, data.length);
        token.at[n] ^= 0x80;
        status = unseal(&pair->server, token.at, data.at, data.length);
        /* The last four bytes are the number of the message. */
        if (status == (n < 12 ? SEC_E_MESSAGE_ALTERED : SEC_E_OUT_OF_SEQUENCE)) {
            refusals++;
        }
        token.at[n] ^= 0x80;
    }
    check("altered: every byte of the token", refusals == 16);
    memcpy(data.at, sealed, data.length);
    status_is("altered: cut off", unseal(&pair->server, token.at, data.at, data.length - 1),
              SEC_E_MESSAGE_ALTERED);
    memcpy(data.at, sealed, data.length);
    status_is("altered: the true message", unseal(&pair->server, token.at, data.at, data.length),
              SEC_E_OK);
    check("altered: its text", holds_text(&data, text));
    check("altered: guards", intact(&token) && intact(&data));
    release(&token);
    release(&data);
}

/* PROVES: API-MSG-13 NTLM-SIG-4 NTLM-SIG-5 */
static void out_of_order(struct pair *pair)
{
    struct guarded first_token = guarded(16), first = guarded_text("number one"),
                   second_token = guarded(16), second = guarded_text("number two");
    unsigned char copy[10];

    status_is("order: first", seal(&pair->client, 0, first_token.at, first.at, 10), SEC_E_OK);
    status_is("order: second", seal(&pair->client, 0, second_token.at, second.at, 10), SEC_E_OK);
    memcpy(copy, second.at, 10);
    status_is("order: the second comes first", unseal(&pair->server, second_token.at, second.at, 10),
              SEC_E_OUT_OF_SEQUENCE);
    check("order: nothing comes out", !holds_text(&second, "number two"));
    memcpy(second.at, copy, 10);
    memcpy(copy, first.at, 10);
    status_is("order: then the first", unseal(&pair->server, first_token.at, first.at, 10),
              SEC_E_OK);
    check("order: its text", holds_text(&first, "number one"));
    memcpy(first.at, copy, 10);
    status_is("order: a replay", unseal(&pair->server, first_token.at, first.at, 10),
              SEC_E_OUT_OF_SEQUENCE);
    status_is("order: then the second", unseal(&pair->server, second_token.at, second.at, 10),
              SEC_E_OK);
    check("order: its text too", holds_text(&second, "number two"));
    check("order: guards", intact(&first_token) && intact(&first) && intact(&second_token) &&
                               intact(&second));
    release(&first_token);
    release(&first);
    release(&second_token);
    release(&second);
}

/* PROVES: API-MSG-6 NTLM-API-9 NTLM-API-11 */
static void qualities(struct pair *pair)
{
    struct pair plain;
    struct guarded token = guarded(16), data = guarded_text("no secret");
    SecBuffer buffers[2];
    SecBufferDesc message = describe(buffers, 2);
    ULONG quality = 77;

    status_is("quality: without encryption",
              seal(&pair->client, SECQOP_WRAP_NO_ENCRYPT, token.at, data.at, data.length),
              SEC_E_OK);
    check("quality: the text is clear", holds_text(&data, "no secret"));
    status_is("quality: and signed", verify(&pair->server, token.at, data.at, data.length),
              SEC_E_OK);
    status_is("quality: an unknown one", seal(&pair->client, 0x77, token.at, data.at, data.length),
              SEC_E_QOP_NOT_SUPPORTED);
    check("quality: the text stays", holds_text(&data, "no secret"));

    /* A context with integrity alone. */
    status_is("quality: integrity alone",
              pair_open(&plain, ISC_REQ_INTEGRITY | ISC_REQ_CONNECTION,
                        ASC_REQ_INTEGRITY | ASC_REQ_CONNECTION),
              SEC_E_OK);
    check("quality: no confidentiality", (plain.client_flags & ISC_RET_CONFIDENTIALITY) == 0 &&
                                             (plain.client_flags & ISC_RET_INTEGRITY) != 0);
    status_is("quality: encryption is refused",
              seal(&plain.client, 0, token.at, data.at, data.length), SEC_E_QOP_NOT_SUPPORTED);
    status_is("quality: wrapping is not",
              seal(&plain.client, SECQOP_WRAP_NO_ENCRYPT, token.at, data.at, data.length),
              SEC_E_OK);
    set_buffer(&buffers[0], SECBUFFER_TOKEN, token.at, token.length);
    set_buffer(&buffers[1], SECBUFFER_DATA, data.at, data.length);
    status_is("quality: unwrap", DecryptMessage(&plain.server, &message, 0, &quality), SEC_E_OK);
    check("quality: it says so", quality == SECQOP_WRAP_NO_ENCRYPT);
    status_is("quality: sign", sign(&plain.server, token.at, data.at, data.length), SEC_E_OK);
    status_is("quality: verify", verify(&plain.client, token.at, data.at, data.length), SEC_E_OK);
    check("quality: guards", intact(&token) && intact(&data));
    pair_close(&plain);
    release(&token);
    release(&data);
}

/*
 * What C calls by default is the calling convention of the library, with few parameters and with
 * more than there are registers for.
 * PROVES: API-ABI-2
 */
static void calling_convention(void)
{
    SECURITY_STATUS (*accept)(PCredHandle, PCtxtHandle, PSecBufferDesc, ULONG, ULONG, PCtxtHandle,
                              PSecBufferDesc, ULONG *, PTimeStamp) = AcceptSecurityContext;
    SECURITY_STATUS (*query)(PCtxtHandle, ULONG, void *) = QueryContextAttributesA;
    SECURITY_STATUS (*discard)(PCtxtHandle) = DeleteSecurityContext;
    CredHandle credential;
    CtxtHandle context;
    unsigned char token[MAX_TOKEN];
    SecBuffer out;
    SecBufferDesc output = describe(&out, 1);
    SecPkgContext_Flags attribute;
    TimeStamp expiry;
    ULONG flags = 0;

    must("server credential", acquire_server(&credential) == SEC_E_OK);
    memset(&expiry, 0, sizeof(expiry));
    set_buffer(&out, SECBUFFER_TOKEN, token, sizeof(token));
    status_is("convention: nine parameters",
              accept(&credential, NULL, NULL, ASC_REQ_DATAGRAM | ASC_REQ_INTEGRITY, 0, &context,
                     &output, &flags, &expiry),
              SEC_I_CONTINUE_NEEDED);
    check("convention: the last two are written",
          (flags & ASC_RET_DATAGRAM) != 0 && expiry.QuadPart != 0);
    status_is("convention: three parameters", query(&context, SECPKG_ATTR_FLAGS, &attribute),
              SEC_E_OK);
    check("convention: the third is written", attribute.Flags == flags);
    status_is("convention: one parameter", discard(&context), SEC_E_OK);
    FreeCredentialsHandle(&credential);
}

/* A handshake with bindings on either side; `result` is what the server is told of them. */
static SECURITY_STATUS bound(const char *ours, const char *theirs, ULONG request, ULONG *result)
{
    struct {
        SEC_CHANNEL_BINDINGS head;
        char data[32];
    } client_bindings, server_bindings;
    struct pair pair;
    unsigned char one[MAX_TOKEN], two[MAX_TOKEN], three[MAX_TOKEN];
    SecBuffer in[2], out[2];
    SecBufferDesc input = describe(in, 1), output = describe(out, 1);
    SECURITY_STATUS status;

    memset(&pair, 0, sizeof(pair));
    must("client credential", acquire_client(&pair.client_credential) == SEC_E_OK);
    must("server credential", acquire_server(&pair.server_credential) == SEC_E_OK);
    memset(&client_bindings, 0, sizeof(client_bindings));
    client_bindings.head.dwApplicationDataOffset = sizeof(SEC_CHANNEL_BINDINGS);
    server_bindings = client_bindings;
    if (theirs != NULL) {
        client_bindings.head.cbApplicationDataLength = (ULONG)strlen(theirs);
        memcpy(client_bindings.data, theirs, strlen(theirs));
    }
    if (ours != NULL) {
        server_bindings.head.cbApplicationDataLength = (ULONG)strlen(ours);
        memcpy(server_bindings.data, ours, strlen(ours));
    }

    set_buffer(&out[0], SECBUFFER_TOKEN, one, sizeof(one));
    must("bindings: first token",
         InitializeSecurityContextA(&pair.client_credential, NULL, TARGET, PROTECTED_REQ, 0, 0,
                                    NULL, 0, &pair.client, &output, &pair.client_flags,
                                    NULL) == SEC_I_CONTINUE_NEEDED);
    set_buffer(&in[0], SECBUFFER_TOKEN, one, out[0].cbBuffer);
    set_buffer(&out[0], SECBUFFER_TOKEN, two, sizeof(two));
    must("bindings: second token",
         AcceptSecurityContext(&pair.server_credential, NULL, &input, request, 0, &pair.server,
                               &output, &pair.server_flags, NULL) == SEC_I_CONTINUE_NEEDED);
    set_buffer(&in[0], SECBUFFER_TOKEN, two, out[0].cbBuffer);
    set_buffer(&in[1], SECBUFFER_CHANNEL_BINDINGS, &client_bindings, sizeof(client_bindings));
    input.cBuffers = theirs != NULL ? 2 : 1;
    set_buffer(&out[0], SECBUFFER_TOKEN, three, sizeof(three));
    must("bindings: third token",
         InitializeSecurityContextA(&pair.client_credential, &pair.client, TARGET, PROTECTED_REQ, 0,
                                    0, &input, 0, &pair.client, &output, &pair.client_flags,
                                    NULL) == SEC_E_OK);
    set_buffer(&in[0], SECBUFFER_TOKEN, three, out[0].cbBuffer);
    set_buffer(&in[1], SECBUFFER_CHANNEL_BINDINGS, &server_bindings, sizeof(server_bindings));
    input.cBuffers = ours != NULL ? 2 : 1;
    set_buffer(&out[0], SECBUFFER_TOKEN, one, sizeof(one));
    set_buffer(&out[1], SECBUFFER_CHANNEL_BINDINGS_RESULT, result, sizeof(*result));
    output.cBuffers = 2;
    status = AcceptSecurityContext(&pair.server_credential, &pair.server, &input, request, 0,
                                   &pair.server, &output, &pair.server_flags, NULL);
    pair_close(&pair);
    return status;
}

/*
 * The server is told what it found; bindings that do not match are an error. Those that a server only
 * audits come with the function that marks them.
 */
static void bindings(void)
{
    static const char own[] = "tls-server-end-point:own", other[] = "tls-server-end-point:other";
    ULONG result = 0;

    status_is("bindings: the same", bound(own, own, PROTECTED_ASC, &result), SEC_E_OK);
    check("bindings: that they match",
          result == (SEC_CHANNEL_BINDINGS_RESULT_CLIENT_SUPPORT |
                     SEC_CHANNEL_BINDINGS_RESULT_VALID_MATCHED));
    result = 0;
    status_is("bindings: the client's alone",
              bound(NULL, other, PROTECTED_ASC | ASC_REQ_PROXY_BINDINGS, &result), SEC_E_OK);
    check("bindings: that a proxy has them",
          result == (SEC_CHANNEL_BINDINGS_RESULT_CLIENT_SUPPORT |
                     SEC_CHANNEL_BINDINGS_RESULT_VALID_PROXY));
    status_is("bindings: others", bound(own, other, PROTECTED_ASC, &result), SEC_E_BAD_BINDINGS);
    status_is("bindings: none of the client", bound(own, NULL, PROTECTED_ASC, &result),
              SEC_E_BAD_BINDINGS);
}

/* The old names, and the table. PROVES: API-PKG-3 */
static void other_ways(struct pair *pair)
{
    PSecurityFunctionTableA table = InitSecurityInterfaceA();
    PSecurityFunctionTableW wide_table = InitSecurityInterfaceW();
    struct guarded token = guarded(16), data = guarded_text("by other names");
    SecBuffer buffers[2];
    SecBufferDesc message = describe(buffers, 2);
    ULONG quality = 77;

    must("tables", table != NULL && wide_table != NULL);
    check("table: version",
          table->dwVersion == SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_5 &&
              wide_table->dwVersion == SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION_5);
    check("table: every slot that has a name",
          table->EnumerateSecurityPackagesA && table->QueryCredentialsAttributesA &&
              table->AcquireCredentialsHandleA && table->FreeCredentialsHandle &&
              table->InitializeSecurityContextA && table->AcceptSecurityContext &&
              table->CompleteAuthToken && table->DeleteSecurityContext &&
              table->ApplyControlToken && table->QueryContextAttributesA &&
              table->ImpersonateSecurityContext && table->RevertSecurityContext &&
              table->MakeSignature && table->VerifySignature && table->FreeContextBuffer &&
              table->QuerySecurityPackageInfoA && table->ExportSecurityContext &&
              table->ImportSecurityContextA && table->AddCredentialsA &&
              table->QuerySecurityContextToken && table->EncryptMessage && table->DecryptMessage &&
              table->SetContextAttributesA && table->SetCredentialsAttributesA &&
              table->ChangeAccountPasswordA && table->QueryContextAttributesExA &&
              table->QueryCredentialsAttributesExA);
    check("table: both names of one slot",
          table->FreeCredentialHandle == table->FreeCredentialsHandle);
    check("table: the same functions", table->EncryptMessage == wide_table->EncryptMessage);
    set_buffer(&buffers[0], SECBUFFER_TOKEN, token.at, token.length);
    set_buffer(&buffers[1], SECBUFFER_DATA, data.at, data.length);
    status_is("table: encrypt", table->EncryptMessage(&pair->client, 0, &message, 0), SEC_E_OK);
    status_is("table: decrypt", wide_table->DecryptMessage(&pair->server, &message, 0, &quality),
              SEC_E_OK);
    check("table: the text", holds_text(&data, "by other names"));
    status_is("old names: encrypt", SealMessage(&pair->client, 0, &message, 0), SEC_E_OK);
    status_is("old names: decrypt", UnsealMessage(&pair->server, &message, 0, &quality), SEC_E_OK);
    check("old names: the text", holds_text(&data, "by other names"));
    check("other ways: guards", intact(&token) && intact(&data));
    release(&token);
    release(&data);
}

/* What a wrong password looks like to both sides. PROVES: API-CRED-3 NTLM-API-7 */
static void wrong_password(void)
{
    struct pair pair;
    SEC_WINNT_AUTH_IDENTITY_A identity;
    TimeStamp expiry;
    SecPkgContext_NamesA names;
    unsigned char token[16] = {0}, data[4] = {0};

    memset(&pair, 0, sizeof(pair));
    identity_of(&identity, DOMAIN, USER, "not the password");
    status_is("wrong password: nobody notices yet",
              AcquireCredentialsHandleA(NULL, "NTLM", SECPKG_CRED_OUTBOUND, NULL, &identity, NULL,
                                        NULL, &pair.client_credential, &expiry),
              SEC_E_OK);
    must("server credential", acquire_server(&pair.server_credential) == SEC_E_OK);
    status_is("wrong password: denied", pair_establish(&pair, PROTECTED_REQ, PROTECTED_ASC),
              SEC_E_LOGON_DENIED);
    /* A context that failed stays as it is until it is deleted. PROVES: API-ISC-13 */
    refused("wrong password: no messages", unseal(&pair.server, token, data, sizeof(data)));
    refused("wrong password: no names",
            QueryContextAttributesA(&pair.server, SECPKG_ATTR_NAMES, &names));
    status_is("wrong password: delete", DeleteSecurityContext(&pair.server), SEC_E_OK);
    pair_close(&pair);
}

/* Contexts outlive the handle of their credential. PROVES: API-CRED-8 */
static void credential_goes_first(void)
{
    struct pair pair;
    must("pair", pair_open(&pair, PROTECTED_REQ, PROTECTED_ASC) == SEC_E_OK);
    status_is("credentials: free the client's", FreeCredentialsHandle(&pair.client_credential),
              SEC_E_OK);
    status_is("credentials: free the server's", FreeCredentialsHandle(&pair.server_credential),
              SEC_E_OK);
    one_message("credentials are gone", &pair.client, &pair.server, "still here");
    pair_close(&pair);
}

int main(void)
{
    struct pair pair;
    handshake();
    attributes();
    must("pair", pair_open(&pair, PROTECTED_REQ, PROTECTED_ASC) == SEC_E_OK);
    messages(&pair);
    several_buffers(&pair);
    many_buffers(&pair);
    read_only(&pair, "READONLY_WITH_CHECKSUM", SECBUFFER_READONLY_WITH_CHECKSUM);
    read_only(&pair, "READONLY", SECBUFFER_READONLY);
    stream(&pair);
    signatures(&pair);
    too_small(&pair);
    altered(&pair);
    out_of_order(&pair);
    qualities(&pair);
    other_ways(&pair);
    one_message("after all of it", &pair.client, &pair.server, "in step");
    pair_close(&pair);
    calling_convention();
    bindings();
    wrong_password();
    credential_goes_first();
    return finish("loopback");
}
