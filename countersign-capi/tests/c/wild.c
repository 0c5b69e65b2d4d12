/*
 * What clients in the wild do, whether or not a page allows it: all of it has to work.
 */
#include "check.h"

/* UTF-16 from UTF-8 of the test's own names: two bytes at most per character. */
static ULONG utf16(unsigned short *to, const char *from)
{
    ULONG length = 0;
    while (*from != '\0') {
        unsigned char lead = (unsigned char)*from++;
        to[length++] = lead < 0x80
                           ? lead
                           : (unsigned short)(((lead & 0x1F) << 6) | ((unsigned char)*from++ & 0x3F));
    }
    to[length] = 0;
    return length;
}

/* A client credential from an identity of any form, through the A or the W call. */
static SECURITY_STATUS acquire_with(CredHandle *credential, void *identity, int wide)
{
    if (wide) {
        return AcquireCredentialsHandleW(NULL, NTLMSP_NAME_W, SECPKG_CRED_OUTBOUND, NULL, identity,
                                         NULL, NULL, credential, NULL);
    }
    return AcquireCredentialsHandleA(NULL, NTLMSP_NAME_A, SECPKG_CRED_OUTBOUND, NULL, identity,
                                     NULL, NULL, credential, NULL);
}

/* Authenticates with an identity; `user` is how the server must know the client. */
static void authenticates(const char *name, void *identity, int wide, const char *user)
{
    struct pair pair;
    SecPkgContext_NamesA names;
    char line[128];

    memset(&pair, 0, sizeof(pair));
    snprintf(line, sizeof(line), "%s: acquire", name);
    if (!status_is(line, acquire_with(&pair.client_credential, identity, wide), SEC_E_OK)) {
        return;
    }
    must("server credential", acquire_server(&pair.server_credential) == SEC_E_OK);
    snprintf(line, sizeof(line), "%s: authenticate", name);
    if (status_is(line, pair_establish(&pair, PROTECTED_REQ, PROTECTED_ASC), SEC_E_OK)) {
        memset(&names, 0, sizeof(names));
        snprintf(line, sizeof(line), "%s: known as", name);
        check(line, QueryContextAttributesA(&pair.server, SECPKG_ATTR_NAMES, &names) == SEC_E_OK &&
                        names.sUserName != NULL && strcmp(names.sUserName, user) == 0);
        FreeContextBuffer(names.sUserName);
    }
    pair_close(&pair);
}

/*
 * Flags decide how wide the texts are, and never the letter of the call; lengths are believed, and
 * terminators are not needed.
 * PROVES: API-ID-1 API-ID-5
 */
static void plain_identities(void)
{
    static unsigned char many[] = "aliceLABPassw0rd and what follows it";
    SEC_WINNT_AUTH_IDENTITY_A narrow;
    SEC_WINNT_AUTH_IDENTITY_W wide;
    unsigned short user[64], domain[64], password[64];
    CredHandle credential;

    identity_of(&narrow, DOMAIN, USER, PASSWORD);
    authenticates("narrow through A", &narrow, 0, QUALIFIED);
    authenticates("narrow through W", &narrow, 1, QUALIFIED);

    memset(&wide, 0, sizeof(wide));
    wide.User = user;
    wide.UserLength = utf16(user, OTHER_USER);
    wide.Domain = domain;
    wide.DomainLength = utf16(domain, DOMAIN);
    wide.Password = password;
    wide.PasswordLength = utf16(password, OTHER_PASSWORD);
    wide.Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE;
    authenticates("wide through A", &wide, 0, OTHER_QUALIFIED);
    authenticates("wide through W", &wide, 1, OTHER_QUALIFIED);

    identity_of(&narrow, DOMAIN, OTHER_USER, OTHER_PASSWORD);
    authenticates("narrow is UTF-8", &narrow, 0, OTHER_QUALIFIED);

    memset(&narrow, 0, sizeof(narrow));
    narrow.User = many;
    narrow.UserLength = 5;
    narrow.Domain = many + 5;
    narrow.DomainLength = 3;
    narrow.Password = many + 8;
    narrow.PasswordLength = 8;
    narrow.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
    authenticates("no terminators", &narrow, 0, QUALIFIED);

    wide.User[wide.UserLength] = 'x';
    wide.Domain[wide.DomainLength] = 'x';
    wide.Password[wide.PasswordLength] = 'x';
    authenticates("no wide terminators", &wide, 1, OTHER_QUALIFIED);

    identity_of(&narrow, "", QUALIFIED, PASSWORD);
    authenticates("the domain in the user", &narrow, 0, QUALIFIED);
    narrow.Domain = NULL;
    authenticates("the domain in the user, and none", &narrow, 0, QUALIFIED);

    identity_of(&narrow, DOMAIN, USER, PASSWORD);
    narrow.Flags = 0;
    refused("neither narrow nor wide", acquire_with(&credential, &narrow, 0));
    narrow.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI | SEC_WINNT_AUTH_IDENTITY_UNICODE;
    refused("narrow and wide", acquire_with(&credential, &narrow, 0));
}

/* PROVES: API-ID-1 API-ID-2 */
static void extended_identities(void)
{
    SEC_WINNT_AUTH_IDENTITY_EXA narrow;
    SEC_WINNT_AUTH_IDENTITY_EXW wide;
    struct {
        SEC_WINNT_AUTH_IDENTITY_EXA head;
        char strings[16];
    } block;
    unsigned short user[64], domain[64], password[64];
    struct pair pair;
    CredHandle credential;

    memset(&narrow, 0, sizeof(narrow));
    narrow.Version = SEC_WINNT_AUTH_IDENTITY_VERSION;
    narrow.Length = sizeof(narrow);
    narrow.User = (unsigned char *)USER;
    narrow.UserLength = 5;
    narrow.Domain = (unsigned char *)DOMAIN;
    narrow.DomainLength = 3;
    narrow.Password = (unsigned char *)PASSWORD;
    narrow.PasswordLength = 8;
    narrow.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
    authenticates("EX through A", &narrow, 0, QUALIFIED);
    authenticates("EX through W", &narrow, 1, QUALIFIED);
    narrow.PackageList = (unsigned char *)"!Kerberos,NTLM";
    narrow.PackageListLength = 14;
    authenticates("EX with packages", &narrow, 0, QUALIFIED);
    narrow.Length = sizeof(narrow) - 1;
    refused("EX, too short", acquire_with(&credential, &narrow, 0));

    /* The strings may lie behind the structure, in one block with it. */
    memcpy(block.strings, "aliceLABPassw0rd", sizeof(block.strings));
    narrow.Length = sizeof(narrow);
    narrow.User = (unsigned char *)block.strings;
    narrow.Domain = narrow.User + 5;
    narrow.Password = narrow.User + 8;
    narrow.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI | SEC_WINNT_AUTH_IDENTITY_MARSHALLED;
    block.head = narrow;
    authenticates("EX in one block", &block, 0, QUALIFIED);

    /* A missing password is that of the logon, unless the identity is all there is. */
    narrow.Password = NULL;
    narrow.PasswordLength = 0;
    narrow.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
    authenticates("EX without a password", &narrow, 0, QUALIFIED);
    narrow.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI | SEC_WINNT_AUTH_IDENTITY_ONLY;
    memset(&pair, 0, sizeof(pair));
    status_is("EX alone: acquire", acquire_with(&pair.client_credential, &narrow, 0), SEC_E_OK);
    must("server credential", acquire_server(&pair.server_credential) == SEC_E_OK);
    status_is("EX alone: the password is empty",
              pair_establish(&pair, PROTECTED_REQ, PROTECTED_ASC), SEC_E_LOGON_DENIED);
    pair_close(&pair);
    narrow.User = narrow.Domain = NULL;
    narrow.UserLength = narrow.DomainLength = 0;
    status_is("EX alone, and of nothing", acquire_with(&credential, &narrow, 0),
              SEC_E_NO_CREDENTIALS);

    memset(&wide, 0, sizeof(wide));
    wide.Version = SEC_WINNT_AUTH_IDENTITY_VERSION;
    wide.Length = sizeof(wide);
    wide.User = user;
    wide.UserLength = utf16(user, OTHER_USER);
    wide.Domain = domain;
    wide.DomainLength = utf16(domain, DOMAIN);
    wide.Password = password;
    wide.PasswordLength = utf16(password, OTHER_PASSWORD);
    wide.Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE;
    authenticates("wide EX through A", &wide, 0, OTHER_QUALIFIED);
    authenticates("wide EX through W", &wide, 1, OTHER_QUALIFIED);
}

/* A block with an EX2 identity: the structure, user, domain, then the packed password. */
struct ex2 {
    SEC_WINNT_AUTH_IDENTITY_EX2 head;
    unsigned char rest[256];
};

static void build_ex2(struct ex2 *block)
{
    unsigned short text[64];
    SEC_WINNT_AUTH_PACKED_CREDENTIALS packed;
    unsigned char *start = (unsigned char *)block;
    ULONG at = sizeof(block->head), length;

    memset(block, 0, sizeof(*block));
    block->head.Version = SEC_WINNT_AUTH_IDENTITY_VERSION_2;
    block->head.cbHeaderLength = sizeof(block->head);
    block->head.Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE;

    length = 2 * utf16(text, OTHER_USER);
    memcpy(start + at, text, length);
    block->head.UserOffset = at;
    block->head.UserLength = (USHORT)length;
    at += length;

    length = 2 * utf16(text, DOMAIN);
    memcpy(start + at, text, length);
    block->head.DomainOffset = at;
    block->head.DomainLength = (USHORT)length;
    at += length;

    length = 2 * utf16(text, OTHER_PASSWORD);
    memset(&packed, 0, sizeof(packed));
    packed.cbHeaderLength = sizeof(packed);
    packed.cbStructureLength = (USHORT)(sizeof(packed) + length);
    packed.AuthData.CredType = SEC_WINNT_AUTH_DATA_TYPE_PASSWORD;
    packed.AuthData.CredData.ByteArrayOffset = sizeof(packed);
    packed.AuthData.CredData.ByteArrayLength = (USHORT)length;
    memcpy(start + at, &packed, sizeof(packed));
    memcpy(start + at + sizeof(packed), text, length);
    block->head.PackedCredentialsOffset = at;
    block->head.PackedCredentialsLength = packed.cbStructureLength;
    at += packed.cbStructureLength;
    block->head.cbStructureLength = at;
}

/* PROVES: API-ID-3 API-SSPI-5 */
static void self_relative_identities(void)
{
    struct ex2 block;
    CredHandle credential;
    unsigned short user[64], domain[64], password[64];
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE made = NULL, again = NULL;
    ULONG length = 0;
    char *bytes = NULL;

    build_ex2(&block);
    authenticates("EX2 through A", &block, 0, OTHER_QUALIFIED);
    authenticates("EX2 through W", &block, 1, OTHER_QUALIFIED);

    block.head.UserOffset = block.head.cbStructureLength;
    refused("EX2: the user is behind the end", acquire_with(&credential, &block, 0));
    build_ex2(&block);
    block.head.UserOffset = 0xFFFFFFFE;
    refused("EX2: the user is nowhere", acquire_with(&credential, &block, 0));
    build_ex2(&block);
    block.head.DomainOffset = block.head.cbStructureLength - 2;
    refused("EX2: the domain goes beyond the end", acquire_with(&credential, &block, 0));
    build_ex2(&block);
    block.head.UserOffset = 4;
    refused("EX2: the user is inside the header", acquire_with(&credential, &block, 0));
    build_ex2(&block);
    block.head.UserLength = (USHORT)(block.head.UserLength - 1);
    refused("EX2: half a character", acquire_with(&credential, &block, 0));
    build_ex2(&block);
    block.head.PackedCredentialsOffset = block.head.cbStructureLength - 1;
    refused("EX2: the password goes beyond the end", acquire_with(&credential, &block, 0));
    build_ex2(&block);
    block.head.PackageListOffset = 1000;
    block.head.PackageListLength = 10;
    refused("EX2: the packages are nowhere", acquire_with(&credential, &block, 0));
    build_ex2(&block);
    block.head.cbStructureLength = sizeof(block.head) - 1;
    refused("EX2: shorter than its header", acquire_with(&credential, &block, 0));
    build_ex2(&block);
    block.head.cbHeaderLength = 4;
    refused("EX2: a short header", acquire_with(&credential, &block, 0));

    /* The library's own. */
    utf16(user, OTHER_USER);
    utf16(domain, DOMAIN);
    utf16(password, OTHER_PASSWORD);
    status_is("opaque: encode",
              SspiEncodeStringsAsAuthIdentity((PCWSTR)user, (PCWSTR)domain, (PCWSTR)password,
                                              &made),
              SEC_E_OK);
    authenticates("opaque", made, 1, OTHER_QUALIFIED);
    status_is("opaque: marshal", SspiMarshalAuthIdentity(made, &length, &bytes), SEC_E_OK);
    check("opaque: bytes", bytes != NULL && length > sizeof(SEC_WINNT_AUTH_IDENTITY_EX2));
    status_is("opaque: unmarshal", SspiUnmarshalAuthIdentity(length, bytes, &again), SEC_E_OK);
    authenticates("opaque, unmarshalled", again, 0, OTHER_QUALIFIED);
    refused("opaque: unmarshal less", SspiUnmarshalAuthIdentity(length - 1, bytes, &again));
    SspiLocalFree(bytes);
    SspiFreeAuthIdentity(made);
    SspiFreeAuthIdentity(again);
}

static int key_callbacks;

static void SEC_ENTRY no_key(void *argument, void *principal, ULONG version, void **key,
                             SECURITY_STATUS *status)
{
    (void)argument;
    (void)principal;
    (void)version;
    (void)key;
    (void)status;
    key_callbacks++;
}

/*
 * Every argument of the call.
 * PROVES: API-CRED-1 API-CRED-2 API-CRED-4
 */
static void acquiring(void)
{
    static const struct {
        const char *principal;
        SECURITY_STATUS due;
    } principals[] = {
        {NULL, SEC_E_OK},
        {USER, SEC_E_OK},
        {"ALICE", SEC_E_OK},
        {QUALIFIED, SEC_E_OK},
        {OTHER_USER, SEC_E_NO_CREDENTIALS},
        {"OTHER\\alice", SEC_E_NO_CREDENTIALS},
    };
    struct pair pair;
    SEC_WINNT_AUTH_IDENTITY_A identity;
    TimeStamp expiry;
    LUID logon = {0x3E7, 0};
    size_t n;

    identity_of(&identity, DOMAIN, USER, PASSWORD);
    for (n = 0; n < sizeof(principals) / sizeof(principals[0]); n++) {
        CredHandle credential;
        char line[128];
        SecInvalidateHandle(&credential);
        snprintf(line, sizeof(line), "acquire: principal %u", (unsigned)n);
        status_is(line,
                  AcquireCredentialsHandleA(principals[n].principal, "NTLM", SECPKG_CRED_OUTBOUND,
                                            NULL, &identity, NULL, NULL, &credential, &expiry),
                  principals[n].due);
        snprintf(line, sizeof(line), "acquire: principal %u, the handle", (unsigned)n);
        check(line, (SecIsValidHandle(&credential) != 0) == (principals[n].due == SEC_E_OK));
        if (SecIsValidHandle(&credential)) {
            FreeCredentialsHandle(&credential);
        }
    }

    /* Whoever passes a logon session or a callback for keys gets a credential like any other. */
    memset(&pair, 0, sizeof(pair));
    memset(&expiry, 0, sizeof(expiry));
    status_is("acquire: every argument",
              AcquireCredentialsHandleA(QUALIFIED, "NTLM", SECPKG_CRED_OUTBOUND, &logon, &identity,
                                        no_key, &pair, &pair.client_credential, &expiry),
              SEC_E_OK);
    check("acquire: NTLM's credentials do not end", expiry.QuadPart == INT64_MAX);
    must("server credential", acquire_server(&pair.server_credential) == SEC_E_OK);
    status_is("acquire: and it works", pair_establish(&pair, PROTECTED_REQ, PROTECTED_ASC),
              SEC_E_OK);
    check("acquire: nobody called for a key", key_callbacks == 0);
    pair_close(&pair);
    status_is("acquire: no such package",
              AcquireCredentialsHandleA(NULL, "NTLM3", SECPKG_CRED_OUTBOUND, NULL, &identity, NULL,
                                        NULL, &pair.client_credential, &expiry),
              SEC_E_SECPKG_NOT_FOUND);
}

/* PROVES: API-CRED-10 */
static void added(void)
{
    struct pair pair;
    SEC_WINNT_AUTH_IDENTITY_W wide;
    SecPkgContext_NamesA names;
    unsigned short user[64], domain[64], password[64];
    TimeStamp expiry;

    /* A client's handle that a server's credential is added to. */
    memset(&pair, 0, sizeof(pair));
    must("client credential", acquire_client(&pair.client_credential) == SEC_E_OK);
    pair.server_credential = pair.client_credential;
    status_is("add: not a server's yet", pair_establish(&pair, PROTECTED_REQ, PROTECTED_ASC),
              SEC_E_NO_CREDENTIALS);
    DeleteSecurityContext(&pair.client);
    memset(&expiry, 0, sizeof(expiry));
    status_is("add: a server's",
              AddCredentialsA(&pair.client_credential, NULL, "ntlm", SECPKG_CRED_INBOUND, NULL,
                              NULL, NULL, &expiry),
              SEC_E_OK);
    check("add: the time is written", expiry.QuadPart == INT64_MAX);
    status_is("add: one handle for both", pair_establish(&pair, PROTECTED_REQ, PROTECTED_ASC),
              SEC_E_OK);
    pair_close(&pair);

    /* A server's handle that the credential of another client is added to. */
    memset(&pair, 0, sizeof(pair));
    must("server credential", acquire_server(&pair.server_credential) == SEC_E_OK);
    pair.client_credential = pair.server_credential;
    status_is("add: not a client's yet", pair_establish(&pair, PROTECTED_REQ, PROTECTED_ASC),
              SEC_E_NO_CREDENTIALS);
    memset(&wide, 0, sizeof(wide));
    wide.User = user;
    wide.UserLength = utf16(user, OTHER_USER);
    wide.Domain = domain;
    wide.DomainLength = utf16(domain, DOMAIN);
    wide.Password = password;
    wide.PasswordLength = utf16(password, OTHER_PASSWORD);
    wide.Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE;
    status_is("add: a client's",
              AddCredentialsW(&pair.server_credential, NULL, NTLMSP_NAME_W, SECPKG_CRED_OUTBOUND,
                              &wide, NULL, NULL, NULL),
              SEC_E_OK);
    status_is("add: authenticates", pair_establish(&pair, PROTECTED_REQ, PROTECTED_ASC), SEC_E_OK);
    memset(&names, 0, sizeof(names));
    check("add: as the one that was added",
          QueryContextAttributesA(&pair.server, SECPKG_ATTR_NAMES, &names) == SEC_E_OK &&
              names.sUserName != NULL && strcmp(names.sUserName, OTHER_QUALIFIED) == 0);
    FreeContextBuffer(names.sUserName);
    pair_close(&pair);
}

/* PROVES: API-ID-5 */
static void defaults(void)
{
    SEC_WINNT_AUTH_IDENTITY_A identity;
    CredHandle credential;
    struct pair pair;

    authenticates("no identity", NULL, 0, QUALIFIED);
    authenticates("no identity through W", NULL, 1, QUALIFIED);
    memset(&identity, 0, sizeof(identity));
    identity.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
    authenticates("an identity of nothing", &identity, 0, QUALIFIED);

    identity_of(&identity, DOMAIN, USER, PASSWORD);
    status_is("a server with an identity",
              AcquireCredentialsHandleA(NULL, "NTLM", SECPKG_CRED_INBOUND, NULL, &identity, NULL,
                                        NULL, &credential, NULL),
              SEC_E_OK);
    FreeCredentialsHandle(&credential);
    memset(&pair, 0, sizeof(pair));
    status_is("for both roles",
              AcquireCredentialsHandleA(NULL, "NTLM", SECPKG_CRED_BOTH, NULL, &identity, NULL, NULL,
                                        &pair.client_credential, NULL),
              SEC_E_OK);
    pair.server_credential = pair.client_credential;
    status_is("for both roles: in both", pair_establish(&pair, PROTECTED_REQ, PROTECTED_ASC),
              SEC_E_OK);
    pair_close(&pair);
}

/* PROVES: API-PKG-2 API-PKG-1 API-ABI-10 */
static void packages(void)
{
    static const char *const names[] = {"NTLM", "ntlm", "Ntlm", "nTLM"};
    PSecPkgInfoA info, all;
    PSecPkgInfoW wide;
    CredHandle credential;
    ULONG count = 0, n;
    int found = 0;

    for (n = 0; n < 4; n++) {
        info = NULL;
        status_is("any case: record", QuerySecurityPackageInfoA(names[n], &info), SEC_E_OK);
        check("any case: its name", info != NULL && strcmp(info->Name, "NTLM") == 0);
        FreeContextBuffer(info);
        status_is("any case: credential",
                  AcquireCredentialsHandleA(NULL, names[n], SECPKG_CRED_INBOUND, NULL, NULL, NULL,
                                            NULL, &credential, NULL),
                  SEC_E_OK);
        FreeCredentialsHandle(&credential);
    }
    status_is("no such package", QuerySecurityPackageInfoA("NTLM2", &info),
              SEC_E_SECPKG_NOT_FOUND);
    status_is("a package without a name", QuerySecurityPackageInfoA("", &info),
              SEC_E_SECPKG_NOT_FOUND);
    status_is("a credential of no such package",
              AcquireCredentialsHandleA(NULL, "NTLM ", SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
                                        &credential, NULL),
              SEC_E_SECPKG_NOT_FOUND);
    status_is("a wide record", QuerySecurityPackageInfoW(NTLMSP_NAME, &wide), SEC_E_OK);
    check("its wide name", wide->Name[0] == 'N' && wide->Name[3] == 'M' && wide->Name[4] == 0);
    FreeContextBuffer(wide);

    all = NULL;
    status_is("all packages", EnumerateSecurityPackagesA(&count, &all), SEC_E_OK);
    for (n = 0; n < count; n++) {
        found += strcmp(all[n].Name, "NTLM") == 0 && all[n].wVersion == 1 &&
                 all[n].cbMaxToken == 2888 && all[n].Comment[0] != '\0';
    }
    check("NTLM is one of them", found == 1);
    status_is("one call frees them", FreeContextBuffer(all), SEC_E_OK);
}

/*
 * A handshake with whatever a caller leaves out: times, attributes, handles, descriptors.
 * PROVES: API-ISC-9 API-ABI-6 API-ABI-11
 */
static void left_out(void)
{
    struct pair pair;
    unsigned char one[MAX_TOKEN], two[MAX_TOKEN], three[MAX_TOKEN];
    SecBuffer in, out;
    SecBufferDesc input = describe(&in, 1), output = describe(&out, 1);
    CtxtHandle before;

    memset(&pair, 0, sizeof(pair));
    must("client credential", acquire_client(&pair.client_credential) == SEC_E_OK);
    must("server credential", acquire_server(&pair.server_credential) == SEC_E_OK);
    SecInvalidateHandle(&pair.client);
    SecInvalidateHandle(&pair.server);

    set_buffer(&out, SECBUFFER_TOKEN, one, sizeof(one));
    status_is("left out: no place for the first handle",
              InitializeSecurityContextA(&pair.client_credential, NULL, TARGET, PROTECTED_REQ, 0, 0,
                                         NULL, 0, NULL, &output, NULL, NULL),
              SEC_E_INVALID_HANDLE);
    set_buffer(&out, SECBUFFER_TOKEN, one, sizeof(one));
    status_is("left out: attributes and time",
              InitializeSecurityContextA(&pair.client_credential, NULL, TARGET, PROTECTED_REQ, 0, 0,
                                         NULL, 0, &pair.client, &output, NULL, NULL),
              SEC_I_CONTINUE_NEEDED);
    set_buffer(&in, SECBUFFER_TOKEN, one, out.cbBuffer);
    set_buffer(&out, SECBUFFER_TOKEN, two, sizeof(two));
    status_is("left out: of the server",
              AcceptSecurityContext(&pair.server_credential, NULL, &input, PROTECTED_ASC, 0,
                                    &pair.server, &output, NULL, NULL),
              SEC_I_CONTINUE_NEEDED);
    set_buffer(&in, SECBUFFER_TOKEN, two, out.cbBuffer);
    set_buffer(&out, SECBUFFER_TOKEN, three, sizeof(three));
    before = pair.client;
    status_is("left out: the new handle",
              InitializeSecurityContextA(&pair.client_credential, &pair.client, NULL, PROTECTED_REQ,
                                         0, 0, &input, 0, NULL, &output, NULL, NULL),
              SEC_E_OK);
    check("left out: the handle stays", memcmp(&before, &pair.client, sizeof(before)) == 0);
    set_buffer(&in, SECBUFFER_TOKEN, three, out.cbBuffer);
    /* Nothing is to be sent: some servers give no output at all. */
    status_is("left out: the new handle, and the output",
              AcceptSecurityContext(&pair.server_credential, &pair.server, &input, PROTECTED_ASC, 0,
                                    NULL, NULL, NULL, NULL),
              SEC_E_OK);
    one[0] = 'x';
    status_is("left out: quality", seal(&pair.client, 0, two, one, 1), SEC_E_OK);
    status_is("left out: quality found", unseal(&pair.server, two, one, 1), SEC_E_OK);
    check("left out: the text", one[0] == 'x');
    pair_close(&pair);
}

/* The first input of a client: NULL, no buffers, one empty buffer. */
static void first_inputs(void)
{
    unsigned char token[MAX_TOKEN];
    SecBuffer in[2], out;
    SecBufferDesc input, output = describe(&out, 1);
    CredHandle credential;
    CtxtHandle context;
    ULONG flags;
    TimeStamp expiry;

    must("credential", acquire_client(&credential) == SEC_E_OK);
#define FIRST(name, description)                                                                   \
    do {                                                                                           \
        set_buffer(&out, SECBUFFER_TOKEN, token, sizeof(token));                                   \
        status_is(name,                                                                            \
                  InitializeSecurityContextA(&credential, NULL, TARGET, PROTECTED_REQ, 0, 0,       \
                                             description, 0, &context, &output, &flags, &expiry),  \
                  SEC_I_CONTINUE_NEEDED);                                                          \
        check(name ": a token", out.cbBuffer > 12 && memcmp(token, "NTLMSSP", 8) == 0);            \
        DeleteSecurityContext(&context);                                                           \
    } while (0)

    FIRST("first input: none", NULL);
    input = describe(NULL, 0);
    FIRST("first input: no buffers", &input);
    input = describe(in, 1);
    set_buffer(&in[0], SECBUFFER_EMPTY, NULL, 0);
    FIRST("first input: an empty buffer", &input);
    set_buffer(&in[0], SECBUFFER_TOKEN, NULL, 0);
    FIRST("first input: an empty token", &input);
    set_buffer(&in[0], SECBUFFER_TOKEN, NULL, 0);
    set_buffer(&in[1], SECBUFFER_EMPTY, NULL, 0);
    input = describe(in, 2);
    FIRST("first input: both", &input);
#undef FIRST

    /* A handle of zeros and an invalid one are what callers start with. */
    memset(&context, 0, sizeof(context));
    set_buffer(&out, SECBUFFER_TOKEN, token, sizeof(token));
    status_is("first input: the handle is zero",
              InitializeSecurityContextA(&credential, &context, TARGET, PROTECTED_REQ, 0, 0, NULL,
                                         0, &context, &output, &flags, &expiry),
              SEC_I_CONTINUE_NEEDED);
    status_is("first input: and is one now", DeleteSecurityContext(&context), SEC_E_OK);
    FreeCredentialsHandle(&credential);
}

/* Flags beyond 32 bits, in a buffer of their own. PROVES: API-ISC-15 */
static void more_flags(void)
{
    unsigned char token[MAX_TOKEN];
    SEC_FLAGS more;
    SecBuffer in, out;
    SecBufferDesc input = describe(&in, 1), output = describe(&out, 1);
    CredHandle credential;
    CtxtHandle context;
    ULONG flags = 0;

    must("credential", acquire_client(&credential) == SEC_E_OK);
    set_buffer(&in, SECBUFFER_FLAGS, &more, sizeof(more));
    set_buffer(&out, SECBUFFER_TOKEN, token, sizeof(token));
    more.Flags = ISC_REQ_MESSAGES | ISC_REQ_DEFERRED_CRED_VALIDATION |
                 ISC_REQ_NO_POST_HANDSHAKE_AUTH | ISC_REQ_DATAGRAM;
    status_is("more flags: first",
              InitializeSecurityContextA(&credential, NULL, TARGET, ISC_REQ_INTEGRITY, 0, 0, &input,
                                         0, &context, &output, &flags, NULL),
              SEC_I_CONTINUE_NEEDED);
    check("more flags: those of the buffer count as well as the argument's",
          (flags & ISC_RET_DATAGRAM) != 0 && (flags & ISC_RET_INTEGRITY) != 0);
    DeleteSecurityContext(&context);
    more.Flags = ISC_REQ_DELEGATE;
    status_is("more flags: what can not be had",
              InitializeSecurityContextA(&credential, NULL, TARGET, 0, 0, 0, &input, 0, &context,
                                         &output, &flags, NULL),
              SEC_E_UNSUPPORTED_FUNCTION);
    set_buffer(&in, SECBUFFER_FLAGS, &more, sizeof(more) - 1);
    status_is("more flags: cut off",
              InitializeSecurityContextA(&credential, NULL, TARGET, 0, 0, 0, &input, 0, &context,
                                         &output, &flags, NULL),
              SEC_E_INVALID_TOKEN);
    FreeCredentialsHandle(&credential);
}

/* NTLM has no streams, and says so in the result; datagrams it has. PROVES: API-ISC-11 */
static void styles(void)
{
    static const struct {
        ULONG request, due;
    } cases[] = {
        {0, ISC_RET_CONNECTION},
        {ISC_REQ_CONNECTION, ISC_RET_CONNECTION},
        {ISC_REQ_STREAM, ISC_RET_CONNECTION},
        {ISC_REQ_STREAM | ISC_REQ_CONNECTION, ISC_RET_CONNECTION},
        {ISC_REQ_DATAGRAM, ISC_RET_DATAGRAM},
        {ISC_REQ_DATAGRAM | ISC_REQ_CONNECTION | ISC_REQ_STREAM, ISC_RET_DATAGRAM},
    };
    const ULONG all = ISC_RET_CONNECTION | ISC_RET_DATAGRAM | ISC_RET_STREAM;
    unsigned char token[MAX_TOKEN];
    SecBuffer out;
    SecBufferDesc output = describe(&out, 1);
    CredHandle credential;
    CtxtHandle context;
    ULONG flags;
    size_t n;

    must("credential", acquire_client(&credential) == SEC_E_OK);
    for (n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        char line[64];
        flags = 0;
        set_buffer(&out, SECBUFFER_TOKEN, token, sizeof(token));
        must("a first token",
             InitializeSecurityContextA(&credential, NULL, TARGET,
                                        cases[n].request | ISC_REQ_INTEGRITY, 0, 0, NULL, 0,
                                        &context, &output, &flags, NULL) >= 0);
        snprintf(line, sizeof(line), "styles: exactly one, %u", (unsigned)n);
        check(line, (flags & all) == cases[n].due);
        DeleteSecurityContext(&context);
    }
    FreeCredentialsHandle(&credential);
}

/* Detection needs signatures, and NTLM makes connections by itself. PROVES: API-ISC-10 */
static void implied(void)
{
    static const struct {
        ULONG client, server;
    } cases[] = {
        {ISC_REQ_REPLAY_DETECT, ASC_REQ_REPLAY_DETECT},
        {ISC_REQ_SEQUENCE_DETECT, ASC_REQ_SEQUENCE_DETECT},
    };
    struct pair pair;
    size_t n;

    status_is("implied: nothing asked for", pair_open(&pair, 0, 0), SEC_E_OK);
    check("implied: a connection without signatures",
          (pair.client_flags & ISC_RET_CONNECTION) != 0 &&
              (pair.server_flags & ASC_RET_CONNECTION) != 0 &&
              (pair.client_flags & ISC_RET_INTEGRITY) == 0);
    pair_close(&pair);
    for (n = 0; n < 2; n++) {
        unsigned char token[16], data[4] = {1, 2, 3, 4};
        status_is("implied: detection alone", pair_open(&pair, cases[n].client, cases[n].server),
                  SEC_E_OK);
        check("implied: integrity", (pair.client_flags & ISC_RET_INTEGRITY) != 0 &&
                                        (pair.server_flags & ASC_RET_INTEGRITY) != 0);
        status_is("implied: sign", sign(&pair.client, token, data, 4), SEC_E_OK);
        status_is("implied: verify", verify(&pair.server, token, data, 4), SEC_E_OK);
        pair_close(&pair);
    }
}

/* Identities that differ in one part, and what is excluded from one. PROVES: API-SSPI-7 API-SSPI-8 */
static void compared(void)
{
    static const SEC_WCHAR kerberos[] = {'K', 'e', 'r', 'b', 'e', 'r', 'o', 's', 0};
    static const SEC_WCHAR excluded[] = {'!', 'K', 'e', 'r', 'b', 'e', 'r', 'o', 's'};
    unsigned short user[64], domain[64], password[64];
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE one = NULL, two = NULL, three = NULL, without = NULL;
    SEC_WINNT_AUTH_IDENTITY_EX2 head;
    BOOLEAN same_user = FALSE, same = FALSE;

    utf16(user, USER);
    utf16(domain, DOMAIN);
    utf16(password, PASSWORD);
    must("one", SspiEncodeStringsAsAuthIdentity((PCWSTR)user, (PCWSTR)domain, (PCWSTR)password,
                                                &one) == SEC_E_OK);
    utf16(password, OTHER_PASSWORD);
    must("two", SspiEncodeStringsAsAuthIdentity((PCWSTR)user, (PCWSTR)domain, (PCWSTR)password,
                                                &two) == SEC_E_OK);
    utf16(user, OTHER_USER);
    must("three", SspiEncodeStringsAsAuthIdentity((PCWSTR)user, (PCWSTR)domain, (PCWSTR)password,
                                                  &three) == SEC_E_OK);
    status_is("compare: passwords", SspiCompareAuthIdentities(one, two, &same_user, &same),
              SEC_E_OK);
    check("compare: one user, two identities", same_user != FALSE && same == FALSE);
    status_is("compare: users", SspiCompareAuthIdentities(two, three, &same_user, &same), SEC_E_OK);
    check("compare: two users", same_user == FALSE && same == FALSE);

    status_is("exclude", SspiExcludePackage(one, kerberos, &without), SEC_E_OK);
    must("exclude: an identity", without != NULL && without != one);
    memcpy(&head, without, sizeof(head));
    check("exclude: it is on the list",
          head.PackageListLength == sizeof(excluded) &&
              memcmp((char *)without + head.PackageListOffset, excluded, sizeof(excluded)) == 0);
    memcpy(&head, one, sizeof(head));
    check("exclude: from the copy alone", head.PackageListLength == 0);
    authenticates("exclude: the rest stays", without, 1, QUALIFIED);
    SspiFreeAuthIdentity(one);
    SspiFreeAuthIdentity(two);
    SspiFreeAuthIdentity(three);
    SspiFreeAuthIdentity(without);
}

/* One variable for the flags asked for and had. PROVES: API-ISC-9 */
static void aliased_flags(void)
{
    struct pair pair;
    unsigned char one[MAX_TOKEN], two[MAX_TOKEN];
    SecBuffer in, out;
    SecBufferDesc input = describe(&in, 1), output = describe(&out, 1);
    TimeStamp expiry;

    memset(&pair, 0, sizeof(pair));
    must("client credential", acquire_client(&pair.client_credential) == SEC_E_OK);
    must("server credential", acquire_server(&pair.server_credential) == SEC_E_OK);
    pair.client_flags = PROTECTED_REQ;
    pair.server_flags = PROTECTED_ASC;
    set_buffer(&out, SECBUFFER_TOKEN, one, sizeof(one));
    status_is("aliased flags: first",
              InitializeSecurityContextA(&pair.client_credential, NULL, TARGET, pair.client_flags,
                                         0, 0, NULL, 0, &pair.client, &output, &pair.client_flags,
                                         &expiry),
              SEC_I_CONTINUE_NEEDED);
    set_buffer(&in, SECBUFFER_TOKEN, one, out.cbBuffer);
    set_buffer(&out, SECBUFFER_TOKEN, two, sizeof(two));
    status_is("aliased flags: server",
              AcceptSecurityContext(&pair.server_credential, NULL, &input, pair.server_flags, 0,
                                    &pair.server, &output, &pair.server_flags, &expiry),
              SEC_I_CONTINUE_NEEDED);
    set_buffer(&in, SECBUFFER_TOKEN, two, out.cbBuffer);
    set_buffer(&out, SECBUFFER_TOKEN, one, sizeof(one));
    /* What came back of the first call is asked for in the second one. */
    status_is("aliased flags: second",
              InitializeSecurityContextA(&pair.client_credential, &pair.client, TARGET,
                                         pair.client_flags, 0, 0, &input, 0, &pair.client, &output,
                                         &pair.client_flags, &expiry),
              SEC_E_OK);
    check("aliased flags: all of them", (pair.client_flags & PROTECTED_REQ) == PROTECTED_REQ);
    set_buffer(&in, SECBUFFER_TOKEN, one, out.cbBuffer);
    set_buffer(&out, SECBUFFER_TOKEN, two, sizeof(two));
    status_is("aliased flags: server again",
              AcceptSecurityContext(&pair.server_credential, &pair.server, &input,
                                    pair.server_flags, 0, &pair.server, &output,
                                    &pair.server_flags, &expiry),
              SEC_E_OK);
    check("aliased flags: all of the server's",
          (pair.server_flags & PROTECTED_ASC) == PROTECTED_ASC);
    pair_close(&pair);
}

/* PROVES: API-ABI-8 API-ABI-9 */
static void allocated(void)
{
    struct pair pair;
    SecBuffer in, out;
    SecBufferDesc input = describe(&in, 1), output = describe(&out, 1);
    TimeStamp expiry;
    void *one, *two, *three;

    memset(&pair, 0, sizeof(pair));
    must("client credential", acquire_client(&pair.client_credential) == SEC_E_OK);
    must("server credential", acquire_server(&pair.server_credential) == SEC_E_OK);
    set_buffer(&out, SECBUFFER_TOKEN, NULL, 0);
    status_is("allocated: first",
              InitializeSecurityContextA(&pair.client_credential, NULL, TARGET,
                                         PROTECTED_REQ | ISC_REQ_ALLOCATE_MEMORY, 0, 0, NULL, 0,
                                         &pair.client, &output, &pair.client_flags, &expiry),
              SEC_I_CONTINUE_NEEDED);
    check("allocated: the flag is back", (pair.client_flags & ISC_RET_ALLOCATED_MEMORY) != 0);
    one = out.pvBuffer;
    must("allocated: a token", one != NULL && out.cbBuffer > 12);
    set_buffer(&in, SECBUFFER_TOKEN, one, out.cbBuffer);
    /* Some leave rubbish in the buffer that is to be allocated. */
    set_buffer(&out, SECBUFFER_TOKEN, (void *)(uintptr_t)0x1234, 99999);
    status_is("allocated: server",
              AcceptSecurityContext(&pair.server_credential, NULL, &input,
                                    PROTECTED_ASC | ASC_REQ_ALLOCATE_MEMORY, 0, &pair.server,
                                    &output, &pair.server_flags, &expiry),
              SEC_I_CONTINUE_NEEDED);
    two = out.pvBuffer;
    must("allocated: a second token", two != NULL && two != one && out.cbBuffer > 32);
    set_buffer(&in, SECBUFFER_TOKEN, two, out.cbBuffer);
    set_buffer(&out, SECBUFFER_TOKEN, NULL, 0);
    status_is("allocated: second",
              InitializeSecurityContextA(&pair.client_credential, &pair.client, TARGET,
                                         PROTECTED_REQ | ISC_REQ_ALLOCATE_MEMORY, 0, 0, &input, 0,
                                         &pair.client, &output, &pair.client_flags, &expiry),
              SEC_E_OK);
    three = out.pvBuffer;
    must("allocated: a third token", three != NULL);
    set_buffer(&in, SECBUFFER_TOKEN, three, out.cbBuffer);
    set_buffer(&out, SECBUFFER_TOKEN, NULL, 0);
    status_is("allocated: server again",
              AcceptSecurityContext(&pair.server_credential, &pair.server, &input,
                                    PROTECTED_ASC | ASC_REQ_ALLOCATE_MEMORY, 0, &pair.server,
                                    &output, &pair.server_flags, &expiry),
              SEC_E_OK);
    check("allocated: no token, no memory", out.cbBuffer == 0 && out.pvBuffer == NULL);
    status_is("allocated: free the first", FreeContextBuffer(one), SEC_E_OK);
    status_is("allocated: free the second", FreeContextBuffer(two), SEC_E_OK);
    status_is("allocated: free the third", FreeContextBuffer(three), SEC_E_OK);
    check("allocated: not twice", FreeContextBuffer(three) != SEC_E_OK);
    status_is("allocated: nothing", FreeContextBuffer(NULL), SEC_E_OK);
    pair_close(&pair);
}

/* Too little room: the length that is needed comes back, and the token with the next call. */
/* PROVES: API-ISC-8 */
static void too_small(void)
{
    struct pair pair;
    struct guarded little = guarded(8), one = guarded(MAX_TOKEN), two = guarded(MAX_TOKEN);
    SecBuffer in, out;
    SecBufferDesc input = describe(&in, 1), output = describe(&out, 1);
    TimeStamp expiry;
    ULONG needed;

    memset(&pair, 0, sizeof(pair));
    must("client credential", acquire_client(&pair.client_credential) == SEC_E_OK);
    must("server credential", acquire_server(&pair.server_credential) == SEC_E_OK);
    SecInvalidateHandle(&pair.client);
    SecInvalidateHandle(&pair.server);

    set_buffer(&out, SECBUFFER_TOKEN, little.at, little.length);
    status_is("too small: first",
              InitializeSecurityContextA(&pair.client_credential, NULL, TARGET, PROTECTED_REQ, 0, 0,
                                         NULL, 0, &pair.client, &output, &pair.client_flags,
                                         &expiry),
              SEC_E_BUFFER_TOO_SMALL);
    needed = out.cbBuffer;
    check("too small: what is needed", needed > little.length && needed <= 2888);
    check("too small: a handle to go on with", SecIsValidHandle(&pair.client));
    set_buffer(&out, SECBUFFER_TOKEN, one.at, needed - 1);
    status_is("too small: still",
              InitializeSecurityContextA(&pair.client_credential, &pair.client, TARGET,
                                         PROTECTED_REQ, 0, 0, NULL, 0, &pair.client, &output,
                                         &pair.client_flags, &expiry),
              SEC_E_BUFFER_TOO_SMALL);
    check("too small: the same length", out.cbBuffer == needed);
    set_buffer(&out, SECBUFFER_TOKEN, one.at, needed);
    status_is("too small: just enough",
              InitializeSecurityContextA(&pair.client_credential, &pair.client, TARGET,
                                         PROTECTED_REQ, 0, 0, NULL, 0, &pair.client, &output,
                                         &pair.client_flags, &expiry),
              SEC_I_CONTINUE_NEEDED);
    check("too small: the token", out.cbBuffer == needed && memcmp(one.at, "NTLMSSP", 8) == 0);

    set_buffer(&in, SECBUFFER_TOKEN, one.at, needed);
    set_buffer(&out, SECBUFFER_TOKEN, little.at, little.length);
    status_is("too small: server",
              AcceptSecurityContext(&pair.server_credential, NULL, &input, PROTECTED_ASC, 0,
                                    &pair.server, &output, &pair.server_flags, &expiry),
              SEC_E_BUFFER_TOO_SMALL);
    check("too small: what the server needs", out.cbBuffer > little.length);
    /* The same input again, as a caller has it; only the room is new. */
    set_buffer(&out, SECBUFFER_TOKEN, two.at, two.length);
    status_is("too small: server with room",
              AcceptSecurityContext(&pair.server_credential, &pair.server, &input, PROTECTED_ASC, 0,
                                    &pair.server, &output, &pair.server_flags, &expiry),
              SEC_I_CONTINUE_NEEDED);

    set_buffer(&in, SECBUFFER_TOKEN, two.at, out.cbBuffer);
    set_buffer(&out, SECBUFFER_TOKEN, little.at, little.length);
    status_is("too small: second",
              InitializeSecurityContextA(&pair.client_credential, &pair.client, TARGET,
                                         PROTECTED_REQ, 0, 0, &input, 0, &pair.client, &output,
                                         &pair.client_flags, &expiry),
              SEC_E_BUFFER_TOO_SMALL);
    set_buffer(&out, SECBUFFER_TOKEN, one.at, one.length);
    status_is("too small: second with room",
              InitializeSecurityContextA(&pair.client_credential, &pair.client, TARGET,
                                         PROTECTED_REQ, 0, 0, &input, 0, &pair.client, &output,
                                         &pair.client_flags, &expiry),
              SEC_E_OK);
    set_buffer(&in, SECBUFFER_TOKEN, one.at, out.cbBuffer);
    set_buffer(&out, SECBUFFER_TOKEN, two.at, two.length);
    status_is("too small: done",
              AcceptSecurityContext(&pair.server_credential, &pair.server, &input, PROTECTED_ASC, 0,
                                    &pair.server, &output, &pair.server_flags, &expiry),
              SEC_E_OK);
    check("too small: guards", intact(&little) && intact(&one) && intact(&two));
    release(&little);
    release(&one);
    release(&two);
    pair_close(&pair);
}

/* A target in UTF-16, and one through the A call, are the same to the server. */
static void targets(void)
{
    struct pair pair;
    unsigned char one[MAX_TOKEN], two[MAX_TOKEN], three[MAX_TOKEN];
    unsigned short target[64];
    SecBuffer in, out;
    SecBufferDesc input = describe(&in, 1), output = describe(&out, 1);
    SecPkgContext_ClientSpecifiedTarget specified;
    ULONG length = utf16(target, TARGET), n;

    memset(&pair, 0, sizeof(pair));
    must("client credential", acquire_client(&pair.client_credential) == SEC_E_OK);
    must("server credential", acquire_server(&pair.server_credential) == SEC_E_OK);
    set_buffer(&out, SECBUFFER_TOKEN, one, sizeof(one));
    status_is("wide: first",
              InitializeSecurityContextW(&pair.client_credential, NULL, (const SEC_WCHAR *)target,
                                         PROTECTED_REQ, 0, 0, NULL, 0, &pair.client, &output,
                                         &pair.client_flags, NULL),
              SEC_I_CONTINUE_NEEDED);
    set_buffer(&in, SECBUFFER_TOKEN, one, out.cbBuffer);
    set_buffer(&out, SECBUFFER_TOKEN, two, sizeof(two));
    must("wide: server",
         AcceptSecurityContext(&pair.server_credential, NULL, &input, PROTECTED_ASC, 0,
                               &pair.server, &output, NULL, NULL) == SEC_I_CONTINUE_NEEDED);
    set_buffer(&in, SECBUFFER_TOKEN, two, out.cbBuffer);
    set_buffer(&out, SECBUFFER_TOKEN, three, sizeof(three));
    status_is("wide: second",
              InitializeSecurityContextW(&pair.client_credential, &pair.client,
                                         (const SEC_WCHAR *)target, PROTECTED_REQ, 0, 0, &input, 0,
                                         &pair.client, &output, &pair.client_flags, NULL),
              SEC_E_OK);
    set_buffer(&in, SECBUFFER_TOKEN, three, out.cbBuffer);
    set_buffer(&out, SECBUFFER_TOKEN, one, sizeof(one));
    status_is("wide: done",
              AcceptSecurityContext(&pair.server_credential, &pair.server, &input, PROTECTED_ASC, 0,
                                    &pair.server, &output, NULL, NULL),
              SEC_E_OK);
    memset(&specified, 0, sizeof(specified));
    QueryContextAttributesW(&pair.server, SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, &specified);
    for (n = 0; specified.sTargetName != NULL && n <= length; n++) {
        if (specified.sTargetName[n] != (SEC_WCHAR)target[n]) {
            break;
        }
    }
    check("wide: the target arrives", n == length + 1);
    FreeContextBuffer(specified.sTargetName);
    pair_close(&pair);
}

/* Where a credential manager keeps an identity, and what it keeps. PROVES: API-SSPI-10 */
static void stored(void)
{
    static const SEC_WCHAR target[] = {'H', 'T', 'T', 'P', '/', 'w', 'w', 'w', 0};
    static const SEC_WCHAR qualified[] = {'L', 'A', 'B', '\\', 'a', 'l', 'i', 'c', 'e', 0};
    unsigned short user[64], domain[64], password[64];
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE identity = NULL;
    PCWSTR name = NULL, user_name = NULL;
    PUCHAR blob = NULL;
    ULONG type = 0, size = 0, length;

    utf16(user, USER);
    utf16(domain, DOMAIN);
    length = utf16(password, PASSWORD);
    must("identity", SspiEncodeStringsAsAuthIdentity((PCWSTR)user, (PCWSTR)domain, (PCWSTR)password,
                                                     &identity) == SEC_E_OK);
    status_is("stored: read", SspiPrepareForCredRead(identity, target, &type, &name), SEC_E_OK);
    check("stored: a domain password", type == 2);
    check("stored: under the target", memcmp(name, target, sizeof(target)) == 0);
    SspiLocalFree((PVOID)(uintptr_t)name);
    name = NULL;
    type = 0;
    status_is("stored: write",
              SspiPrepareForCredWrite(identity, target, &type, &name, &user_name, &blob, &size),
              SEC_E_OK);
    check("stored: a domain password again", type == 2);
    check("stored: under the target again", memcmp(name, target, sizeof(target)) == 0);
    check("stored: the user", memcmp(user_name, qualified, sizeof(qualified)) == 0);
    check("stored: the password", size == 2 * length && memcmp(blob, password, size) == 0);
    SspiLocalFree((PVOID)(uintptr_t)name);
    SspiLocalFree((PVOID)(uintptr_t)user_name);
    SspiLocalFree(blob);
    name = user_name = NULL;
    status_is("stored: without a target",
              SspiPrepareForCredWrite(identity, NULL, &type, &name, &user_name, &blob, &size),
              SEC_E_OK);
    check("stored: under the user", memcmp(name, qualified, sizeof(qualified)) == 0);
    SspiLocalFree((PVOID)(uintptr_t)name);
    SspiLocalFree((PVOID)(uintptr_t)user_name);
    SspiLocalFree(blob);
    SspiFreeAuthIdentity(identity);
}

/* Rubbish from the network is an error, and the context can still be deleted. */
static void rubbish(void)
{
    static unsigned char text[] = "GET / HTTP/1.1";
    unsigned char out_bytes[MAX_TOKEN];
    CredHandle credential;
    CtxtHandle context;
    SecBuffer in, out;
    SecBufferDesc input = describe(&in, 1), output = describe(&out, 1);

    must("credential", acquire_server(&credential) == SEC_E_OK);
    SecInvalidateHandle(&context);
    set_buffer(&in, SECBUFFER_TOKEN, text, sizeof(text));
    set_buffer(&out, SECBUFFER_TOKEN, out_bytes, sizeof(out_bytes));
    status_is("rubbish: refused",
              AcceptSecurityContext(&credential, NULL, &input, PROTECTED_ASC, 0, &context, &output,
                                    NULL, NULL),
              SEC_E_INVALID_TOKEN);
    if (SecIsValidHandle(&context)) {
        status_is("rubbish: delete", DeleteSecurityContext(&context), SEC_E_OK);
    }
    FreeCredentialsHandle(&credential);
}

int main(void)
{
    plain_identities();
    extended_identities();
    self_relative_identities();
    acquiring();
    added();
    defaults();
    packages();
    left_out();
    first_inputs();
    more_flags();
    styles();
    implied();
    compared();
    aliased_flags();
    allocated();
    too_small();
    targets();
    stored();
    rubbish();
    return finish("wild");
}
