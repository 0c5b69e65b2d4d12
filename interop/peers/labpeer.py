#!/usr/bin/env python3
"""A peer that exchanges security tokens over TCP on 127.0.0.1, with an existing implementation behind it.

  labpeer.py serve   --backend B [--port N] [--once] [--cbt HEX] [--require-ntlmv2]
  labpeer.py connect --backend B --port N --user U [--domain D] [--target SERVICE@HOST]
                     [--cbt HEX] [--no-conf] [--ntlmv1] [--mic] [--messages SPEC] [--no-empty] [--expect-fail [TEXT]]
                     [--tokens FILE]

B is pyspnego (its own NTLM), ntlm_auth (Samba's), gssapi (gss-ntlmssp below MIT's library) or sspilib (the C
functions of SSPI, of whichever library its extension modules find).

A server on port 0 takes a free one; either way it prints "listening PORT" first. Wire format, both ways:
one type byte, four bytes big-endian length, payload.

  T  security token (an empty last one is not sent)
  E  error text in UTF-8, then the end of the connection
  D  server to client, once its context is complete: JSON with "client" (DOMAIN\\user), "mech", "key" (the
     session key in hex) and "flags" (what the implementation itself calls its flags)
  W  wrapped message with confidentiality: signature, then the data; the answer wraps b"echo:" + data
  I  the same, asked for with integrity only (pyspnego and gss-ntlmssp encrypt it nevertheless, SSPI does not)
  M  u32 length of the data, the data, its signature; the answer signs b"echo:" + data
  Q  quit

SPEC is letters (WIM: two messages of each) or counts (W:10,I:3,M:2), exchanged in the order given. gss-ntlmssp
neither wraps nor signs an empty message: --no-empty leaves it out.
"connect" prints one line of JSON and exits 0 when everything was right: the context is complete on both
sides, the session keys agree, every message came back. With --expect-fail it exits 0 only when the server
refused the authentication with an E before its D (and TEXT, if given, is in the reason).

The password comes from --password-stdin (one line), else from LABPEER_PASSWORD.
The servers of pyspnego and gss-ntlmssp find their accounts in the file NTLM_USER_FILE names (DOMAIN:USER:PASSWORD
per line); the ntlm_auth server knows the one account of --user and --domain; that of sspilib has the accounts of
the library below it. The ntlm_auth backend runs the commands of NTLM_AUTH_CLIENT, NTLM_AUTH_CLIENT_V1 and
NTLM_AUTH_SERVER; it gives handshake and session key, no messages.
"""
import argparse
import base64
import json
import os
import shlex
import socket
import struct
import subprocess
import sys
import threading

MESSAGE_MAX = 1 << 24
SIZES = (37, 74, 0, 1, 4096, 65537)


class Refused(Exception):
    """The other side said no."""


def send(s, kind, payload=b""):
    s.sendall(kind.encode() + struct.pack(">I", len(payload)) + payload)


def receive_exactly(s, n):
    data = b""
    while len(data) < n:
        piece = s.recv(n - len(data))
        if not piece:
            raise EOFError("the peer closed the connection")
        data += piece
    return data


def receive(s):
    head = receive_exactly(s, 5)
    n = struct.unpack(">I", head[1:])[0]
    if n > MESSAGE_MAX:
        raise ValueError(f"a message of {n} bytes is too long")
    return chr(head[0]), receive_exactly(s, n)


class Pyspnego:
    """pyspnego's NTLM, which is pure Python."""

    def __init__(self, a, server):
        # pyspnego takes the NTLM level from the environment, as gss-ntlmssp does.
        if server:
            os.environ["LM_COMPAT_LEVEL"] = "5" if a.require_ntlmv2 else "3"
        else:
            os.environ["LM_COMPAT_LEVEL"] = "2" if a.ntlmv1 else "3"
        import spnego
        from spnego import ContextReq as Req, NegotiateOptions
        from spnego.channel_bindings import GssChannelBindings

        bindings = None
        if a.cbt:
            bindings = GssChannelBindings(application_data=b"tls-server-end-point:" + bytes.fromhex(a.cbt))
        req = Req.mutual_auth | Req.replay_detect | Req.sequence_detect | Req.integrity
        if a.conf:
            req |= Req.confidentiality
        common = dict(
            channel_bindings=bindings, context_req=req, protocol="ntlm", options=NegotiateOptions.use_ntlm
        )
        if server:
            self.context = spnego.server(**common)
        else:
            service, _, host = a.target.partition("@")
            user = f"{a.domain}\\{a.user}" if a.domain else a.user
            self.context = spnego.client(user, a.password, hostname=host, service=service, **common)

    def step(self, token):
        return self.context.step(token)

    @property
    def complete(self):
        return self.context.complete

    def info(self):
        c = self.context
        return dict(
            client=c.client_principal, mech=c.negotiated_protocol, flags=int(c.context_attr), key=c.session_key.hex()
        )

    def wrap(self, data, conf):
        return self.context.wrap(data, encrypt=conf).data

    def unwrap(self, data):
        return self.context.unwrap(data).data

    def sign(self, data):
        return self.context.sign(data)

    def verify(self, data, signature):
        self.context.verify(data, signature)

    def close(self):
        pass


class Gssapi:
    """gss-ntlmssp, a mechanism of MIT's GSS-API."""

    NTLM = "1.3.6.1.4.1.311.2.2.10"
    SESSION_KEY = "1.2.840.113554.1.2.2.5.5"
    # Who asks this is taken for a SPNEGO that can put up with a MIC; nobody else gets one.
    REQUIRES_MIC = "1.3.6.1.4.1.7165.655.1.2"

    def __init__(self, a, server):
        # The mechanism takes the NTLM level from the environment, on both sides.
        os.environ["LM_COMPAT_LEVEL"] = "5" if a.require_ntlmv2 else "2" if a.ntlmv1 else "3"
        import gssapi
        from gssapi.raw import acquire_cred_with_password, inquire_sec_context_by_oid
        from gssapi.raw.chan_bindings import ChannelBindings

        self.ask = lambda oid: inquire_sec_context_by_oid(self.context, gssapi.OID.from_int_seq(oid))
        self.mic = a.mic
        mech = gssapi.OID.from_int_seq(self.NTLM)
        bindings = None
        if a.cbt:
            bindings = ChannelBindings(application_data=b"tls-server-end-point:" + bytes.fromhex(a.cbt))
        if server:
            credential = gssapi.Credentials(usage="accept", mechs=[mech])
            self.context = gssapi.SecurityContext(creds=credential, usage="accept", channel_bindings=bindings)
            return
        flag = gssapi.RequirementFlag
        flags = flag.mutual_authentication | flag.replay_detection | flag.out_of_sequence_detection | flag.integrity
        if a.conf:
            flags |= flag.confidentiality
        user = gssapi.Name(f"{a.domain}\\{a.user}" if a.domain else a.user, gssapi.NameType.user)
        credential = acquire_cred_with_password(user, a.password.encode(), usage="initiate", mechs=[mech]).creds
        self.context = gssapi.SecurityContext(
            name=gssapi.Name(a.target or "host@localhost", gssapi.NameType.hostbased_service),
            creds=gssapi.Credentials(credential),
            mech=mech,
            flags=flags,
            usage="initiate",
            channel_bindings=bindings,
        )

    def step(self, token):
        if token and self.mic:
            self.ask(self.REQUIRES_MIC)
        return self.context.step(token)

    @property
    def complete(self):
        return self.context.complete

    def info(self):
        c = self.context
        return dict(
            # The name's text comes with the zero byte that ends it.
            client=str(c.initiator_name).rstrip("\0"),
            mech="ntlm",
            flags=int(c.actual_flags),
            key=self.ask(self.SESSION_KEY)[0].hex(),
        )

    def wrap(self, data, conf):
        return self.context.wrap(data, conf).message

    def unwrap(self, data):
        return self.context.unwrap(data).message

    def sign(self, data):
        return self.context.get_signature(data)

    def verify(self, data, signature):
        self.context.verify_signature(data, signature)

    def close(self):
        pass


class Sspilib:
    """sspilib: the NTLM package of an SSPI library, through its C functions."""

    def __init__(self, a, server):
        if a.ntlmv1 or a.require_ntlmv2:
            raise ValueError("the library below sspilib chooses the NTLM version")
        import sspilib

        self.raw = raw = sspilib.raw
        bindings = None
        if a.cbt:
            bindings = raw.SecChannelBindings(application_data=b"tls-server-end-point:" + bytes.fromhex(a.cbt))
        if server:
            asked = raw.AscReq
            flags = asked.ASC_REQ_REPLAY_DETECT | asked.ASC_REQ_SEQUENCE_DETECT | asked.ASC_REQ_INTEGRITY
            if a.conf:
                flags |= asked.ASC_REQ_CONFIDENTIALITY
            credential = sspilib.UserCredential(protocol="NTLM", usage="accept")
            self.context = sspilib.ServerSecurityContext(credential, flags=flags, channel_bindings=bindings)
            return
        asked = raw.IscReq
        flags = asked.ISC_REQ_REPLAY_DETECT | asked.ISC_REQ_SEQUENCE_DETECT | asked.ISC_REQ_INTEGRITY
        if a.conf:
            flags |= asked.ISC_REQ_CONFIDENTIALITY
        # Nobody named: the credentials that the library has by itself.
        identity = (a.user, a.password, a.domain or None) if a.user else ()
        credential = sspilib.UserCredential(*identity, protocol="NTLM", usage="initiate")
        # sspilib can not pass an empty name on.
        target = (a.target or "host@localhost").replace("@", "/", 1)
        self.context = sspilib.ClientSecurityContext(credential, target, flags=flags, channel_bindings=bindings)

    def step(self, token):
        return self.context.step(token)

    @property
    def complete(self):
        return self.context.complete

    def info(self):
        ask = self.raw.query_context_attributes
        return dict(
            client=ask(self.context, self.raw.SecPkgContextNames).username,
            mech=ask(self.context, self.raw.SecPkgContextPackageInfo).name.lower(),
            flags=int(self.context.attributes),
            key=ask(self.context, self.raw.SecPkgContextSessionKey).session_key.hex(),
        )

    def wrap(self, data, conf):
        return self.context.wrap(data, encrypt=conf)

    def unwrap(self, data):
        return self.context.unwrap(data).data

    def sign(self, data):
        return self.context.sign(data)

    def verify(self, data, signature):
        self.context.verify(data, signature)

    def close(self):
        pass


class NtlmAuth:
    """Samba's ntlm_auth, spoken to over its standard input and output in lines."""

    def __init__(self, a, server):
        if a.cbt:
            raise ValueError("ntlm_auth takes no channel bindings")
        self.server, self.complete, self.client, self.first = server, False, None, True
        name = "NTLM_AUTH_SERVER" if server else "NTLM_AUTH_CLIENT_V1" if a.ntlmv1 else "NTLM_AUTH_CLIENT"
        command = shlex.split(os.environ[name]) + [f"--username={a.user}", f"--domain={a.domain}"]
        if server:
            # Without a password on its command line it would ask winbindd to judge the logon.
            command.append(f"--password={a.password}")
        elif a.target:
            service, _, host = a.target.partition("@")
            command += [f"--target-service={service}", f"--target-hostname={host}"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        features = ["SESSION_KEY", "SIGN"] + (["SEAL"] if a.conf else [])
        self.expect("OK", "SF " + " ".join("NTLMSSP_FEATURE_" + f for f in features))
        if not server:
            self.expect("OK", "PW " + base64.b64encode(a.password.encode()).decode())

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        word, _, rest = self.process.stdout.readline().rstrip("\n").partition(" ")
        return word, rest

    def expect(self, wanted, line):
        word, rest = self.ask(line)
        if word != wanted:
            raise Refused(f"ntlm_auth: {word} {rest}")
        return rest

    def step(self, token):
        first, self.first = self.first, False
        line = {(True, True): "YR ", (True, False): "KK ", (False, True): "YR", (False, False): "TT "}[self.server, first]
        answer = {(True, True): "TT", (True, False): "AF", (False, True): "YR", (False, False): "AF"}[self.server, first]
        rest = self.expect(answer, line + base64.b64encode(token or b"").decode())
        self.complete = not first
        if self.server and not first:
            self.client = rest
            return None
        return base64.b64decode(rest)

    def info(self):
        return dict(
            client=self.client,
            mech="ntlm",
            flags=int(self.expect("GF", "GF"), 16),
            key=base64.b64decode(self.expect("GK", "GK")).hex(),
        )

    def wrap(self, data, conf):
        raise ValueError("ntlm_auth protects no messages")

    def unwrap(self, data):
        raise ValueError("ntlm_auth protects no messages")

    def sign(self, data):
        raise ValueError("ntlm_auth protects no messages")

    def verify(self, data, signature):
        raise ValueError("ntlm_auth protects no messages")

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


BACKENDS = {"pyspnego": Pyspnego, "gssapi": Gssapi, "sspilib": Sspilib, "ntlm_auth": NtlmAuth}


def pack_signed(context, data):
    return struct.pack(">I", len(data)) + data + context.sign(data)


def check_signed(context, payload):
    n = struct.unpack(">I", payload[:4])[0]
    data = payload[4 : 4 + n]
    context.verify(data, payload[4 + n :])
    return data


def reason(e):
    # An empty text (KeyError, EOFError) still has its type.
    return f"{type(e).__name__}: {e}"


def serve_one(s, a):
    context = None
    try:
        s.settimeout(60)
        context = BACKENDS[a.backend](a, True)
        while not context.complete:
            kind, payload = receive(s)
            if kind != "T":
                raise ValueError(f"a token was expected, not {kind!r}")
            token = context.step(payload)
            if token:
                send(s, "T", token)
        info = json.dumps(context.info(), ensure_ascii=False)
        print("accepted", info, flush=True)
        send(s, "D", info.encode())
        while True:
            kind, payload = receive(s)
            if kind == "Q":
                return
            if kind in ("W", "I"):
                send(s, kind, context.wrap(b"echo:" + context.unwrap(payload), kind == "W"))
            elif kind == "M":
                send(s, "M", pack_signed(context, b"echo:" + check_signed(context, payload)))
            else:
                raise ValueError(f"a message was expected, not {kind!r}")
    except EOFError:
        print("closed by the client", flush=True)
    except Exception as e:  # whatever the implementation raises is its refusal
        print("refused", reason(e), flush=True)
        try:
            send(s, "E", reason(e).encode())
        except OSError:
            pass
    finally:
        s.close()
        if context:
            context.close()


def serve(a):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", a.port))
    listener.listen(64)
    print("listening", listener.getsockname()[1], flush=True)
    while True:
        s, _ = listener.accept()
        if a.once:
            listener.close()
            serve_one(s, a)
            return
        threading.Thread(target=serve_one, args=(s, a), daemon=True).start()


def keep(a, *line):
    if a.tokens:
        with open(a.tokens, "a", encoding="utf-8") as f:
            print(*line, file=f)


def keep_token(a, token):
    kind = {1: "negotiate", 2: "challenge", 3: "authenticate"}.get(token[8] if len(token) > 8 else 0, "token")
    keep(a, kind, token.hex())


def handshake(s, context, a):
    """Both halves; gives the server's JSON."""
    token = context.step(None)
    done = None
    while done is None:
        if token:
            keep_token(a, token)
            send(s, "T", token)
        kind, payload = receive(s)
        if kind == "E":
            raise Refused(payload.decode(errors="replace"))
        if kind == "D":
            done = json.loads(payload)
        elif kind == "T":
            keep_token(a, payload)
            token = context.step(payload)
        else:
            raise ValueError(f"a token was expected, not {kind!r}")
    if not context.complete:
        raise ValueError("the server is done and the client is not")
    return done


def exchange(s, context, a, kind, n):
    sizes = [size for size in SIZES if size or not a.no_empty]
    size = sizes[n % len(sizes)]
    data = (b"message %d " % n + b"x" * size)[:size]
    payload = pack_signed(context, data) if kind == "M" else context.wrap(data, kind == "W")
    keep(a, f"client-{kind}", data.hex() or "-", payload.hex())
    send(s, kind, payload)
    got, payload = receive(s)
    if got == "E":
        raise Refused(payload.decode(errors="replace"))
    if got != kind:
        raise ValueError(f"a message {kind!r} was answered by {got!r}")
    answer = check_signed(context, payload) if kind == "M" else context.unwrap(payload)
    keep(a, f"server-{kind}", answer.hex(), payload.hex())
    if answer != b"echo:" + data:
        raise ValueError(f"message {n} ({kind}) came back changed")


def connect(a):
    context = BACKENDS[a.backend](a, False)
    result = {}
    try:
        with socket.create_connection(("127.0.0.1", a.port), 30) as s:
            try:
                result["server"] = handshake(s, context, a)
            except Refused as e:
                if a.expect_fail is None:
                    raise
                if a.expect_fail not in str(e):
                    raise ValueError(f"refused for another reason: {e}") from e
                print("refused as expected:", e)
                return
            if a.expect_fail is not None:
                raise ValueError(f"accepted, and a refusal was expected: {result['server']}")
            own = result["own"] = context.info()
            keep(a, "key", own["key"])
            key = result["server"]["key"]
            if key != own["key"]:
                raise ValueError(f"the session keys differ: {own['key']} here, {key} there")
            for kind, count in a.messages:
                for n in range(count):
                    exchange(s, context, a, kind, n)
                result[kind] = result.get(kind, 0) + count
            send(s, "Q")
    finally:
        context.close()
    print(json.dumps(result, ensure_ascii=False))


def messages(text):
    spec = []
    for part in text.split(",") if ":" in text else list(text):
        kind, _, count = part.partition(":")
        if kind not in ("W", "I", "M"):
            raise argparse.ArgumentTypeError(f"no such kind of message: {kind!r}")
        spec.append((kind, int(count or 2)))
    return spec


def main():
    p = argparse.ArgumentParser()
    p.add_argument("mode", choices=["serve", "connect"])
    p.add_argument("--backend", choices=list(BACKENDS), default="pyspnego")
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--user", default="")
    p.add_argument("--domain", default="")
    p.add_argument("--password-stdin", action="store_true")
    p.add_argument("--target", default="", help="SERVICE@HOST, the name the client asks for")
    p.add_argument("--cbt", help="hash of the server's certificate, hex: tls-server-end-point bindings")
    p.add_argument(
        "--no-conf", dest="conf", action="store_false",
        help="client: do not ask for confidentiality; ntlm_auth server: do not insist on it",
    )
    p.add_argument("--ntlmv1", action="store_true", help="client: answer with NTLMv1 and extended session security")
    p.add_argument("--require-ntlmv2", action="store_true", help="server: refuse NTLMv1")
    p.add_argument("--mic", action="store_true", help="gssapi client: send a message integrity code, as below SPNEGO")
    p.add_argument("--no-empty", action="store_true", help="client: exchange no empty messages")
    p.add_argument("--messages", type=messages, default=[], metavar="SPEC")
    p.add_argument("--expect-fail", nargs="?", const="", metavar="TEXT")
    p.add_argument("--tokens", metavar="FILE", help="client: append the exchange in hex, messages with their data first")
    p.add_argument("--once", action="store_true", help="server: one connection, then the end")
    a = p.parse_args()
    a.password = sys.stdin.readline().rstrip("\n") if a.password_stdin else os.environ.get("LABPEER_PASSWORD", "")
    if a.mode == "serve":
        serve(a)
        return
    try:
        connect(a)
    except Exception as e:
        sys.exit(reason(e))


main()
