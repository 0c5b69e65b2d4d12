/*
 * A server that authenticates clients with NTLM and sends their messages back.
 *
 *   ntlm_server PORT [once]
 *
 * It listens on 127.0.0.1; port 0 takes a free one. With `once` it ends after one client, and its
 * exit code says how that went. The accounts are those of the configuration (COUNTERSIGN_CONFIG).
 */
#include "common.h"

#include <arpa/inet.h>
#include <netinet/in.h>

/* Exchanges tokens until the client is authenticated. The context is the caller's to delete. */
static int authenticate(int link, CredHandle *credential, CtxtHandle *context)
{
    const ULONG request = ASC_REQ_CONFIDENTIALITY | ASC_REQ_INTEGRITY | ASC_REQ_REPLAY_DETECT |
                          ASC_REQ_SEQUENCE_DETECT | ASC_REQ_CONNECTION | ASC_REQ_ALLOCATE_MEMORY;
    SECURITY_STATUS status;
    int first = 1;

    SecInvalidateHandle(context);
    do {
        struct frame frame;
        SecBuffer in[2], out;
        SecBufferDesc input, output;
        ULONG attributes;
        TimeStamp expiry;
        int sent = 1;

        if (!receive_frame(link, &frame)) {
            return 0;
        }
        if (frame.kind != 'T') {
            if (frame.kind == 'E') {
                print_error(&frame);
            } else {
                fprintf(stderr, "a token was due\n");
            }
            free_frame(&frame);
            return 0;
        }
        printf("<- token of %u bytes\n", (unsigned)frame.length);
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
        out.pvBuffer = NULL;
        out.cbBuffer = 0;
        output.ulVersion = SECBUFFER_VERSION;
        output.cBuffers = 1;
        output.pBuffers = &out;

        status = AcceptSecurityContext(credential, first ? NULL : context, &input, request,
                                       SECURITY_NATIVE_DREP, context, &output, &attributes,
                                       &expiry);
        free_frame(&frame);
        if (!SEC_SUCCESS(status)) {
            fail("AcceptSecurityContext", status);
            send_error(link, status);
            return 0;
        }
        first = 0;
        if (status == SEC_I_COMPLETE_NEEDED || status == SEC_I_COMPLETE_AND_CONTINUE) {
            SECURITY_STATUS completed = CompleteAuthToken(context, &output);
            if (!SEC_SUCCESS(completed)) {
                return fail("CompleteAuthToken", completed);
            }
        }
        if (out.cbBuffer > 0) {
            printf("-> token of %u bytes\n", (unsigned)out.cbBuffer);
            sent = send_frame(link, 'T', out.pvBuffer, out.cbBuffer);
        }
        FreeContextBuffer(out.pvBuffer);
        if (!sent) {
            return 0;
        }
        if ((status == SEC_E_OK || status == SEC_I_COMPLETE_NEEDED) &&
            (attributes & ASC_RET_CONFIDENTIALITY) == 0) {
            send_error(link, SEC_E_QOP_NOT_SUPPORTED);
            return fail("the client does not encrypt", SEC_E_QOP_NOT_SUPPORTED);
        }
    } while (status == SEC_I_CONTINUE_NEEDED || status == SEC_I_COMPLETE_AND_CONTINUE);
    return send_frame(link, 'D', "{}", 2);
}

/* Opens a sealed message: the token apart from the data. */
static SECURITY_STATUS open_sealed(CtxtHandle *context, const SecPkgContext_Sizes *sizes,
                                   struct frame *frame, char **text, ULONG *length)
{
    SecBuffer buffers[3];
    SecBufferDesc message;
    ULONG quality;

    if (frame->length < sizes->cbSecurityTrailer) {
        return SEC_E_INVALID_TOKEN;
    }
    *text = (char *)frame->payload + sizes->cbSecurityTrailer;
    *length = frame->length - sizes->cbSecurityTrailer;
    buffers[0].BufferType = SECBUFFER_TOKEN;
    buffers[0].pvBuffer = frame->payload;
    buffers[0].cbBuffer = sizes->cbSecurityTrailer;
    buffers[1].BufferType = SECBUFFER_DATA;
    buffers[1].pvBuffer = *text;
    buffers[1].cbBuffer = *length;
    buffers[2].BufferType = SECBUFFER_PADDING;
    buffers[2].pvBuffer = NULL;
    buffers[2].cbBuffer = 0;
    message.ulVersion = SECBUFFER_VERSION;
    message.cBuffers = 3;
    message.pBuffers = buffers;
    return DecryptMessage(context, &message, 0, &quality);
}

/* Sends back what the client says, protected as it came, until the client is done. */
static int echo(int link, CtxtHandle *context)
{
    SecPkgContext_Sizes sizes;

    if (!show_context(context, &sizes)) {
        return 0;
    }
    for (;;) {
        struct frame frame;
        SECURITY_STATUS status = SEC_E_INVALID_TOKEN;
        char *text = NULL, *reply;
        ULONG length = 0;
        char kind;

        if (!receive_frame(link, &frame)) {
            return 0;
        }
        kind = frame.kind;
        if (kind == 'Q' || kind == 0) {
            free_frame(&frame);
            return 1;
        }
        if (kind == 'W') {
            status = open_sealed(context, &sizes, &frame, &text, &length);
        } else if (kind == 'M') {
            status = open_signed(context, &frame, &text, &length);
        }
        if (status != SEC_E_OK) {
            fail("a message is refused", status);
            send_error(link, status);
            free_frame(&frame);
            return 0;
        }
        printf("<- %s: %.*s\n", kind == 'W' ? "sealed" : "signed", (int)length, text);
        reply = (char *)malloc(5 + (size_t)length);
        if (reply == NULL) {
            free_frame(&frame);
            return fail("memory", SEC_E_INSUFFICIENT_MEMORY);
        }
        memcpy(reply, "echo:", 5);
        memcpy(reply + 5, text, length);
        status = kind == 'W' ? send_sealed(link, context, &sizes, reply, 5 + length)
                             : send_signed(link, context, &sizes, reply, 5 + length);
        free(reply);
        free_frame(&frame);
        if (status != SEC_E_OK) {
            return fail("the answer can not be sent", status);
        }
    }
}

/* One client, from its first byte to its last. */
static int serve(int link, CredHandle *credential)
{
    CtxtHandle context;
    int result = EXIT_DENIED;

    if (authenticate(link, credential, &context)) {
        printf("authenticated\n");
        result = echo(link, &context) ? EXIT_SUCCESS : EXIT_MESSAGE;
    }
    if (SecIsValidHandle(&context)) {
        DeleteSecurityContext(&context);
    }
    printf(result == EXIT_SUCCESS ? "done\n" : "failed\n");
    fflush(stdout);
    return result;
}

int main(int argc, char **argv)
{
    struct sockaddr_in address;
    socklen_t size = sizeof(address);
    struct timeval patience;
    CredHandle credential;
    SECURITY_STATUS status;
    TimeStamp expiry;
    TCHAR package[] = PACKAGE;
    int listener, once, on = 1, result = EXIT_SUCCESS;

    if (argc < 2 || argc > 3 || (argc == 3 && strcmp(argv[2], "once") != 0)) {
        fprintf(stderr, "usage: %s PORT [once]\n", argv[0]);
        return EXIT_USAGE;
    }
    once = argc == 3;
    if (longest_token(0) == 0) {
        return EXIT_DENIED;
    }
    status = AcquireCredentialsHandle(NULL, package, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
                                      &credential, &expiry);
    if (status != SEC_E_OK) {
        fail("AcquireCredentialsHandle", status);
        return EXIT_DENIED;
    }

    memset(&address, 0, sizeof(address));
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((unsigned short)atoi(argv[1]));
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(listener, 8) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
        perror("listen");
        FreeCredentialsHandle(&credential);
        return EXIT_NETWORK;
    }
    printf("listening on 127.0.0.1:%u\n", (unsigned)ntohs(address.sin_port));
    fflush(stdout);

    do {
        int link = accept(listener, NULL, NULL);
        if (link < 0) {
            if (errno == EINTR) {
                continue;
            }
            perror("accept");
            result = EXIT_NETWORK;
            break;
        }
        /* A client that says nothing does not keep the others waiting for ever. */
        patience.tv_sec = 30;
        patience.tv_usec = 0;
        setsockopt(link, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        result = serve(link, &credential);
        close(link);
    } while (!once);

    FreeCredentialsHandle(&credential);
    close(listener);
    return result;
}
