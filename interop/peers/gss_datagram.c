/*
 * A connectionless context of gss-ntlmssp, driven by lines of text.
 *
 *   gss_datagram MODULE client DOMAIN USER TARGET    the password in $PASSWORD
 *   gss_datagram MODULE server                       the accounts in $NTLM_USER_FILE
 *
 * Each line of standard input is a command with arguments in hexadecimal digits (- for nothing), and
 * each is answered by one line: the result in hexadecimal digits, "-", or "error" and the reason.
 *
 *   step TOKEN         the next token; "complete" or "continue" stands in front of it
 *   number N           the number of the messages that follow (decimal)
 *   sign TEXT          the signature
 *   verify TEXT SIG    "-" when it is right
 *   wrap TEXT          signature and sealed text
 *   unwrap WRAPPED     the text
 *   key                the session key
 *
 * The mechanism is loaded by its file and called directly: MIT's library takes the empty token that
 * begins a connectionless context for SPNEGO.
 */
#include <dlfcn.h>
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATAGRAM 0x10000
#define LINE (256 * 1024)

static gss_OID_desc NTLM = {10, "\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a"};
static gss_OID_desc SESSION_KEY = {11, "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x05\x05"};
static gss_OID_desc SET_NUMBER = {11, "\x2b\x06\x01\x04\x01\xb7\x7d\x85\x0f\x01\x01"};
/* Who asks this is taken for a SPNEGO that can put up with a MIC; nobody else gets one. */
static gss_OID_desc REQUIRES_MIC = {11, "\x2b\x06\x01\x04\x01\xb7\x7d\x85\x0f\x01\x02"};

static void *module;

static void *function(const char *name)
{
    void *found = dlsym(module, name);
    if (!found) {
        fprintf(stderr, "the module has no %s\n", name);
        exit(2);
    }
    return found;
}

/* Calls a function of the module with the type that the header gives it. */
#define CALL(name) ((__typeof__(&name))function(#name))
#define ACQUIRE ((__typeof__(&gss_acquire_cred_with_password))function("gssspi_acquire_cred_with_password"))

static int failed(const char *what, OM_uint32 major, OM_uint32 minor)
{
    OM_uint32 ignored, more = 0;
    gss_buffer_desc text = {0, NULL};
    if (!GSS_ERROR(major))
        return 0;
    CALL(gss_display_status)(&ignored, minor, GSS_C_MECH_CODE, &NTLM, &more, &text);
    printf("error %s: %#x %.*s\n", what, major, (int)text.length, (char *)text.value);
    return 1;
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static gss_buffer_desc from_hex(const char *text)
{
    gss_buffer_desc bytes = {0, NULL};
    size_t i, length = text ? strlen(text) : 0;
    if (!text || strcmp(text, "-") == 0)
        return bytes;
    bytes.value = malloc(length / 2 + 1);
    if (!bytes.value)
        exit(2);
    for (i = 0; i + 1 < length; i += 2) {
        int high = digit(text[i]), low = digit(text[i + 1]);
        if (high < 0 || low < 0)
            exit(2);
        ((unsigned char *)bytes.value)[bytes.length++] = (unsigned char)(high << 4 | low);
    }
    return bytes;
}

static void print_hex(gss_buffer_t bytes)
{
    size_t i;
    if (bytes->length == 0)
        printf("-");
    for (i = 0; i < bytes->length; i++)
        printf("%02x", ((unsigned char *)bytes->value)[i]);
    printf("\n");
}

int main(int count, char **arguments)
{
    OM_uint32 major, minor, flags;
    gss_ctx_id_t context = GSS_C_NO_CONTEXT;
    gss_cred_id_t credential = GSS_C_NO_CREDENTIAL;
    gss_name_t user = GSS_C_NO_NAME, target = GSS_C_NO_NAME;
    int client = count == 6 && strcmp(arguments[2], "client") == 0;
    int established = 0;
    static char line[LINE];

    if (!client && !(count == 3 && strcmp(arguments[2], "server") == 0)) {
        fprintf(stderr, "usage: gss_datagram MODULE client DOMAIN USER TARGET | MODULE server\n");
        return 2;
    }
    module = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (!module) {
        fprintf(stderr, "%s\n", dlerror());
        return 2;
    }
    if (client) {
        const char *secret = getenv("PASSWORD");
        char name[512];
        gss_buffer_desc text, password;
        gss_OID_set_desc mechanisms = {1, &NTLM};
        snprintf(name, sizeof name, "%s\\%s", arguments[3], arguments[4]);
        text.value = name;
        text.length = strlen(name);
        major = CALL(gss_import_name)(&minor, &text, GSS_C_NT_USER_NAME, &user);
        if (failed("user", major, minor))
            return 1;
        text.value = arguments[5];
        text.length = strlen(arguments[5]);
        major = CALL(gss_import_name)(&minor, &text, GSS_C_NT_HOSTBASED_SERVICE, &target);
        if (failed("target", major, minor))
            return 1;
        password.value = (void *)(secret ? secret : "");
        password.length = strlen(password.value);
        major = ACQUIRE(&minor, user, &password, GSS_C_INDEFINITE, &mechanisms, GSS_C_INITIATE, &credential, NULL, NULL);
        if (failed("credential", major, minor))
            return 1;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof line, stdin)) {
        char *command = strtok(line, " \n"), *first = strtok(NULL, " \n"), *second = strtok(NULL, " \n");
        gss_buffer_desc one, other, out = {0, NULL};
        gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
        if (!command)
            continue;
        if (strcmp(command, "number") == 0) {
            OM_uint32 number = (OM_uint32)strtoul(first ? first : "", NULL, 10);
            one.value = &number;
            one.length = sizeof number;
            major = CALL(gss_set_sec_context_option)(&minor, &context, &SET_NUMBER, &one);
            if (!failed(command, major, minor))
                printf("-\n");
            continue;
        }
        one = from_hex(first);
        other = from_hex(second);
        if (strcmp(command, "step") == 0) {
            if (client) {
                if (context != GSS_C_NO_CONTEXT &&
                    !GSS_ERROR(CALL(gss_inquire_sec_context_by_oid)(&minor, context, &REQUIRES_MIC, &set)))
                    gss_release_buffer_set(&minor, &set);
                major = CALL(gss_init_sec_context)(&minor, credential, &context, target, &NTLM,
                                                   DATAGRAM | GSS_C_INTEG_FLAG | GSS_C_CONF_FLAG, 0, NULL, &one, NULL,
                                                   &out, &flags, NULL);
            } else {
                major = CALL(gss_accept_sec_context)(&minor, &context, credential, &one, NULL, NULL, NULL, &out,
                                                     &flags, NULL, NULL);
            }
            if (!failed(command, major, minor)) {
                established = major == GSS_S_COMPLETE;
                printf("%s ", established ? "complete" : "continue");
                print_hex(&out);
            }
        } else if (strcmp(command, "sign") == 0) {
            major = CALL(gss_get_mic)(&minor, context, GSS_C_QOP_DEFAULT, &one, &out);
            if (!failed(command, major, minor))
                print_hex(&out);
        } else if (strcmp(command, "verify") == 0) {
            major = CALL(gss_verify_mic)(&minor, context, &one, &other, NULL);
            if (!failed(command, major, minor))
                print_hex(&out);
        } else if (strcmp(command, "wrap") == 0) {
            major = CALL(gss_wrap)(&minor, context, 1, GSS_C_QOP_DEFAULT, &one, NULL, &out);
            if (!failed(command, major, minor))
                print_hex(&out);
        } else if (strcmp(command, "unwrap") == 0) {
            major = CALL(gss_unwrap)(&minor, context, &one, &out, NULL, NULL);
            if (!failed(command, major, minor))
                print_hex(&out);
        } else if (strcmp(command, "key") == 0) {
            major = CALL(gss_inquire_sec_context_by_oid)(&minor, context, &SESSION_KEY, &set);
            if (!failed(command, major, minor))
                print_hex(&set->elements[0]);
            if (set)
                gss_release_buffer_set(&minor, &set);
        } else {
            printf("error no such command: %s\n", command);
        }
        free(one.value);
        free(other.value);
        free(out.value);
    }
    return 0;
}
