#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A server that says what it was told: every secret of a request comes back in its answer.

    echo.py FOLDER CHAIN KEY    writes the port into FOLDER/port

FOLDER/plan holds "WHERE STATUS SHAPE": WHERE is token (the routes that give tokens echo too) or call
(they give tokens); SHAPE is one of json, oauth, slashes, plain, success, coats (each secret in every
coat that a text may wear, without its first or its last character), edge (the last secret behind so
many x that a message is cut there: at another place each time). FOLDER/seen collects, one a
line, what must never be printed: everything secret that came in or went out.
"""
import base64
import http.server
import json
import os
import secrets
import ssl
import sys
import urllib.parse

FOLDER, CHAIN, KEY = sys.argv[1:4]
TOKEN_ROUTES = ("/v3.3/auth/access_token", "/oauth2/token", "/api/oauth/token", "/public/token")
SECRET_NAMES = ("secret_key", "client_secret", "password", "refresh_token", "attachment",
                "justificatif")
turn = 0


def of_base64(text):
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        return ""


def of_fields(headers):
    """The secrets in the head, as they came and decoded."""
    found = []
    scheme, _, rest = (headers.get("Authorization") or "").partition(" ")
    if scheme == "Basic":
        secret = of_base64(rest).partition(":")[2]
        found += [rest, secret]  # as it is: nobody decodes it any further
    elif rest:
        found += [rest, rest.removeprefix("token=")]
    for name in ("X-API-KEY", "KeyId", "cpro-account"):
        if headers.get(name):
            found.append(headers[name].encode("latin-1").decode())
    found.append(of_base64(headers.get("cpro-account") or "").partition(":")[2])
    return found


def of_json(value):
    if isinstance(value, dict):
        for name, member in value.items():
            if name in SECRET_NAMES and isinstance(member, str):
                yield member
            yield from of_json(member)


def of_body(text):
    try:
        return list(of_json(json.loads(text)))
    except ValueError:
        pass
    found = []
    for pair in text.split("&"):
        name, _, value = pair.partition("=")
        if name in SECRET_NAMES:
            found += [value, urllib.parse.unquote_plus(value)]
    return found


def note(found):
    with open(FOLDER + "/seen", "a", encoding="utf-8") as f:
        f.writelines(s + "\n" for s in found)


def coats(secret):
    """The secret as servers quote it: cut, escaped once or twice, in base64 after other bytes."""
    for text in (secret[1:], secret[:-1], secret[len(secret) // 4:]):
        form = urllib.parse.quote_plus(text)
        yield text
        yield form
        yield urllib.parse.quote(form)
        yield "".join(f"%{b:02x}" for b in text.encode())
        yield json.dumps(text)
        yield json.dumps(json.dumps(text).replace("/", "\\/"))
        yield "".join(f"\\u{ord(c):04x}" for c in text if ord(c) < 0x10000)
        for lead in ("", "u", "us"):
            plain = base64.b64encode((lead + text).encode()).decode()
            yield plain
            yield plain.replace("+", "-").replace("/", "_").rstrip("=")
            yield urllib.parse.quote_plus(plain)
        yield base64.b64encode(form.encode()).decode()


def shape(kind, piece, whole):
    """The answer's body: one secret where its message is read, and all of them."""
    if kind == "plain":
        return "text/plain", f"you sent {piece} there\nand in all:\n{whole}\n"
    if kind == "oauth":
        body = {"error": "invalid_client", "error_description": f"no {piece} here", "all": whole}
    elif kind == "success":
        body = {"status": piece, "operator_journey_id": piece, "created_at": piece, "@id": piece,
                "id": 7, "trackingUrl": piece, "codeRetour": 0, "libelle": piece, "all": whole,
                "data": {"demarche": {"id": piece, "title": piece, "dossiers": None}}}
    else:
        body = {"error": {"code": -32602, "message": f"what is {piece}", "data": whole},
                "errors": [{"message": f"and {piece}", "extensions": {"code": piece[:20]}}],
                "hydra:description": f"the {piece}", "detail": piece, "libelle": piece,
                "codeRetour": 7, "all": whole}
    text = json.dumps(body)
    return "application/json", text.replace("/", "\\/") if kind == "slashes" else text


class Echo(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, media_type, text, fields=()):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Echo", text.replace("\n", " ")[:600].encode().decode("latin-1"))
        for field in fields:
            self.send_header("X-Coat", field.encode().decode("latin-1"))
        self.end_headers()
        self.wfile.write(body)

    def give_token(self):
        token, refresh = secrets.token_urlsafe(40), secrets.token_urlsafe(48)
        note([token, refresh])
        self.answer(200, "application/json", json.dumps(
            {"access_token": token, "token_type": "Bearer", "expires_in": 3600,
             "refresh_token": refresh}))

    def handle_any(self):
        global turn
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode("utf-8", "replace")
        with open(FOLDER + "/plan", encoding="utf-8") as f:
            where, status, kind = f.read().split()
        found = [s for s in of_fields(self.headers) + of_body(body) if s]
        note(found)
        if self.path in TOKEN_ROUTES and where == "call":
            self.give_token()
            return
        turn += 1
        if kind == "coats":
            dressed = [c for s in found for c in coats(s)]
            first = turn * 7 % len(dressed)
            self.answer(int(status), "application/json",
                        json.dumps({"message": " ".join((dressed * 2)[first:first + 3])}),
                        (dressed * 2)[first:first + 12])
            return
        if kind == "edge":
            self.answer(int(status), "application/json",
                        json.dumps({"message": "x" * (144 + turn % 17) + found[-1] + " is known"}))
            return
        piece = found[turn % len(found)] if found else "nothing"
        self.answer(int(status), *shape(kind, piece, "\n".join(found) + "\n" + body))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CHAIN, KEY)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
with open(FOLDER + "/port.new", "w", encoding="utf-8") as f:
    f.write(str(server.server_address[1]))
os.rename(FOLDER + "/port.new", FOLDER + "/port")
server.serve_forever()
