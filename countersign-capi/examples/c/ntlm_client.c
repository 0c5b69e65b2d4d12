/*
 * A client that authenticates with NTLM and talks sealed and signed.
 *
 *   ntlm_client HOST PORT USER [TARGET [MESSAGE...]]
 *
 * USER is DOMAIN\user, or - for the default credentials. The password of USER is in the environment
 * variable NTLM_PASSWORD, or is the first line of the file that NTLM_PASSWORD_FILE names. Without a
 * MESSAGE one is made up.
 */
#include "common.h"

#include <netdb.h>

/* Connects to the first address that answers. */
static int reach(const char *host, const char *port)
{
    struct addrinfo wanted, *all = NULL, *one;
    int result, link = -1;

    memset(&wanted, 0, sizeof(wanted));
    wanted.ai_family = AF_UNSPEC;
    wanted.ai_socktype = SOCK_STREAM;
    result = getaddrinfo(host, port, &wanted, &all);
    if (result != 0) {
        fprintf(stderr, "%s: %s\n", host, gai_strerror(result));
        return -1;
    }
    for (one = all; one != NULL && link < 0; one = one->ai_next) {
        link = socket(one->ai_family, one->ai_socktype, one->ai_protocol);
        if (link >= 0 && connect(link, one->ai_addr, one->ai_addrlen) != 0) {
            close(link);
            link = -1;
        }
    }
    if (link < 0) {
        perror(host);
    }
    freeaddrinfo(all);
    return link;
}

static int read_password(char password[MAX_TEXT])
{
    const char *text = getenv("NTLM_PASSWORD");
    const char *path = getenv("NTLM_PASSWORD_FILE");
    FILE *file;

    if (text != NULL && strlen(text) < MAX_TEXT) {
        strcpy(password, text);
        return 1;
    }
    if (path == NULL) {
        fprintf(stderr, "NTLM_PASSWORD or NTLM_PASSWORD_FILE is needed\n");
        return 0;
    }
    file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        return 0;
    }
    if (fgets(password, MAX_TEXT, file) == NULL) {
        password[0] = '\0';
    }
    fclose(file);
    password[strcspn(password, "\r\n")] = '\0';
    return 1;
}

/* A credential of the named user, or the default one. */
static int acquire(char *name, CredHandle *credential)
{
    SEC_WINNT_AUTH_IDENTITY identity;
    TimeStamp expiry;
    SECURITY_STATUS status;
    char password[MAX_TEXT];
    TCHAR package[] = PACKAGE;
    TCHAR user_text[MAX_TEXT], domain_text[MAX_TEXT], password_text[MAX_TEXT];
    char *separator = strchr(name, '\\');
    int named = strcmp(name, "-") != 0;

    memset(&identity, 0, sizeof(identity));
    if (named) {
        if (!read_password(password)) {
            return 0;
        }
        if (separator != NULL) {
            *separator = '\0';
        }
        if (!to_text(separator != NULL ? separator + 1 : name, user_text) ||
            !to_text(separator != NULL ? name : "", domain_text) ||
            !to_text(password, password_text)) {
            fprintf(stderr, "user or password is too long, or is not UTF-8\n");
            return 0;
        }
        SecureZeroMemory(password, sizeof(password));
#ifdef UNICODE
        identity.User = (unsigned short *)user_text;
        identity.Domain = (unsigned short *)domain_text;
        identity.Password = (unsigned short *)password_text;
        identity.Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE;
#else
        identity.User = (unsigned char *)user_text;
        identity.Domain = (unsigned char *)domain_text;
        identity.Password = (unsigned char *)password_text;
        identity.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
#endif
        identity.UserLength = text_length(user_text);
        identity.DomainLength = text_length(domain_text);
        identity.PasswordLength = text_length(password_text);
    }
    status = AcquireCredentialsHandle(NULL, package, SECPKG_CRED_OUTBOUND, NULL,
                                      named ? &identity : NULL, NULL, NULL, credential, &expiry);
    if (named) {
        SecureZeroMemory(password_text, sizeof(password_text));
    }
    return status == SEC_E_OK || fail("AcquireCredentialsHandle", status);
}

/* Exchanges tokens until the context is established. The context is the caller's to delete. */
static int authenticate(int link, CredHandle *credential, TCHAR *target, ULONG longest,
                        CtxtHandle *context)
{
    const ULONG request = ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY | ISC_REQ_REPLAY_DETECT |
                          ISC_REQ_SEQUENCE_DETECT | ISC_REQ_CONNECTION;
    unsigned char *token = (unsigned char *)malloc(longest);
    struct frame frame;
    SecBuffer in[2], out;
    SecBufferDesc input, output;
    SECURITY_STATUS status;
    ULONG attributes;
    TimeStamp expiry;
    int first = 1, done = 0;

    memset(&frame, 0, sizeof(frame));
    SecInvalidateHandle(context);
    if (token == NULL) {
        return fail("memory", SEC_E_INSUFFICIENT_MEMORY);
    }
    for (;;) {
        in[0].BufferType = SECBUFFER_TOKEN;
        in[0].pvBuffer = frame.payload;
        in[0].cbBuffer = frame.length;
        in[1].BufferType = SECBUFFER_EMPTY;
        in[1].pvBuffer = NULL;
        in[1].cbBuffer = 0;
        input.ulVersion = SECBUFFER_VERSION;
        input.cBuffers = 2;
        input.pBuffers = in;
        out.BufferType = SECBUFFER_TOKEN;
        out.pvBuffer = token;
        out.cbBuffer = longest;
        output.ulVersion = SECBUFFER_VERSION;
        output.cBuffers = 1;
        output.pBuffers = &out;

        status = InitializeSecurityContext(credential, first ? NULL : context, target, request, 0,
                                           SECURITY_NATIVE_DREP, first ? NULL : &input, 0, context,
                                           &output, &attributes, &expiry);
        free_frame(&frame);
        if (!SEC_SUCCESS(status)) {
            fail("InitializeSecurityContext", status);
            send_error(link, status);
            break;
        }
        first = 0;
        if (status == SEC_I_COMPLETE_NEEDED || status == SEC_I_COMPLETE_AND_CONTINUE) {
            SECURITY_STATUS completed = CompleteAuthToken(context, &output);
            if (!SEC_SUCCESS(completed)) {
                fail("CompleteAuthToken", completed);
                break;
            }
        }
        if (out.cbBuffer > 0) {
            printf("-> token of %u bytes\n", (unsigned)out.cbBuffer);
            if (!send_frame(link, 'T', token, out.cbBuffer)) {
                break;
            }
        }
        done = status == SEC_E_OK || status == SEC_I_COMPLETE_NEEDED;
        /* At the end the server says whether it agrees. */
        if (!receive_frame(link, &frame)) {
            done = 0;
            break;
        }
        if (frame.kind == 'E') {
            print_error(&frame);
        } else if (frame.kind != (done ? 'D' : 'T')) {
            fprintf(stderr, "the server has not gone on with the handshake\n");
        } else if (done) {
            break;
        } else {
            printf("<- token of %u bytes\n", (unsigned)frame.length);
            continue;
        }
        done = 0;
        break;
    }
    if (done && (attributes & ISC_RET_CONFIDENTIALITY) == 0) {
        fprintf(stderr, "the server does not encrypt\n");
        done = 0;
    }
    free_frame(&frame);
    free(token);
    return done;
}

/* Opens a sealed message where it lies: token and data in one buffer. */
static SECURITY_STATUS open_sealed(CtxtHandle *context, struct frame *frame, char **text,
                                   ULONG *length)
{
    SecBuffer buffers[2];
    SecBufferDesc message;
    SECURITY_STATUS status;
    ULONG quality;

    buffers[0].BufferType = SECBUFFER_STREAM;
    buffers[0].pvBuffer = frame->payload;
    buffers[0].cbBuffer = frame->length;
    buffers[1].BufferType = SECBUFFER_DATA;
    buffers[1].pvBuffer = NULL;
    buffers[1].cbBuffer = 0;
    message.ulVersion = SECBUFFER_VERSION;
    message.cBuffers = 2;
    message.pBuffers = buffers;
    status = DecryptMessage(context, &message, 0, &quality);
    *text = (char *)buffers[1].pvBuffer;
    *length = buffers[1].cbBuffer;
    return status;
}

/* Waits for one answer of the server and prints it. */
static int answer(int link, CtxtHandle *context)
{
    struct frame frame;
    SECURITY_STATUS status;
    char *text = NULL;
    ULONG length = 0;
    const char *how = "sealed";

    if (!receive_frame(link, &frame)) {
        return 0;
    }
    switch (frame.kind) {
    case 'W':
        status = open_sealed(context, &frame, &text, &length);
        break;
    case 'M':
        how = "signed";
        status = open_signed(context, &frame, &text, &length);
        break;
    case 'E':
        print_error(&frame);
        free_frame(&frame);
        return 0;
    default:
        fprintf(stderr, "the server sent no message\n");
        free_frame(&frame);
        return 0;
    }
    if (status == SEC_E_OK) {
        printf("<- %s: %.*s\n", how, (int)length, text);
    } else {
        fail("the server's message is refused", status);
    }
    free_frame(&frame);
    return status == SEC_E_OK;
}

static int talk(int link, CtxtHandle *context, int count, char **messages)
{
    SecPkgContext_Sizes sizes;
    int n;

    if (!show_context(context, &sizes)) {
        return 0;
    }
    for (n = 0; n < count; n++) {
        ULONG length = (ULONG)strlen(messages[n]);
        SECURITY_STATUS status = send_sealed(link, context, &sizes, messages[n], length);
        if (status != SEC_E_OK) {
            return fail("the message can not be sealed", status);
        }
        printf("-> sealed: %s\n", messages[n]);
        if (!answer(link, context)) {
            return 0;
        }
        status = send_signed(link, context, &sizes, messages[n], length);
        if (status != SEC_E_OK) {
            return fail("the message can not be signed", status);
        }
        printf("-> signed: %s\n", messages[n]);
        if (!answer(link, context)) {
            return 0;
        }
    }
    return send_frame(link, 'Q', NULL, 0);
}

int main(int argc, char **argv)
{
    static char default_message[] = "hello from C";
    char *default_messages[1];
    CredHandle credential;
    CtxtHandle context;
    TCHAR target[MAX_TEXT];
    ULONG longest;
    int link, result = EXIT_DENIED;

    if (argc < 4) {
        fprintf(stderr, "usage: %s HOST PORT USER [TARGET [MESSAGE...]]\n", argv[0]);
        return EXIT_USAGE;
    }
    default_messages[0] = default_message;
    if (!to_text(argc > 4 ? argv[4] : "HTTP/localhost", target)) {
        fprintf(stderr, "the target is too long, or is not UTF-8\n");
        return EXIT_USAGE;
    }
    longest = longest_token(1);
    if (longest == 0 || !acquire(argv[3], &credential)) {
        return EXIT_DENIED;
    }
    link = reach(argv[1], argv[2]);
    if (link < 0) {
        FreeCredentialsHandle(&credential);
        return EXIT_NETWORK;
    }
    if (authenticate(link, &credential, target, longest, &context)) {
        printf("authenticated\n");
        result = talk(link, &context, argc > 5 ? argc - 5 : 1,
                      argc > 5 ? argv + 5 : default_messages)
                     ? EXIT_SUCCESS
                     : EXIT_MESSAGE;
    }
    if (SecIsValidHandle(&context)) {
        DeleteSecurityContext(&context);
    }
    FreeCredentialsHandle(&credential);
    close(link);
    if (result == EXIT_SUCCESS) {
        printf("done\n");
    }
    return result;
}
