#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A board in a few lines of Python, in the emulator's place (BOARD), to try the driver with.

It takes the emulator's arguments and behaves as the example firmware does; FAKE names what it does
wrong: loses, invents, repeats, forgets, trusts, deaf (says nothing of errors), heap (uses all of
its memory), impatient (asks for the time once), costly (makes each connection from the start),
broken (its port fails at something), lazy (leaves out checks of its port).
"""
import http.client
import json
import os
import re
import socket
import ssl
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tools"))
import port  # pylint: disable=wrong-import-position
import rig  # pylint: disable=wrong-import-position

WRONG = os.environ.get("FAKE", "")
VERIFY = {19: "ISSUER", 62: "HOST", 10: "EXPIRED"}
STATUS = {"NVT_E_TLS_CLOCK": 4, "NVT_E_TLS_ENTROPY": 6}  # of the image; else BLOCKED
BLOCKED = 7


def say(*words):
    print(*words, flush=True)


class Refusal(Exception):
    pass


def options():
    text = " ".join(sys.argv)
    told = dict(pair.split("=", 1) for pair in re.findall(r"arg=(\w+=[^,\s]*)", text))
    return told, re.search(r"mem-path=(\S+)", text).group(1)


def set_clock(port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(0.3)
    for _ in range(1 if WRONG == "impatient" else 3):
        s.sendto(bytes([0x23]) + bytes(47), ("127.0.0.1", port))
        try:
            now = struct.unpack_from(">I", s.recv(48), 40)[0] - 2208988800
            break
        except socket.timeout:
            pass
    else:
        raise Refusal("NVT_E_TLS_CLOCK")
    say("navette: clock", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)))
    if now < 1577836800:
        raise Refusal("NVT_E_TLS_NOT_YET")


def connect(told):
    context = ssl.create_default_context(cafile=os.path.join(rig.BUILD, "pki/ca.pem"))
    context.maximum_version = {"12": ssl.TLSVersion.TLSv1_2, "13": ssl.TLSVersion.TLSv1_3}[
        told["tls"]]
    if WRONG == "trusts":
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    c = http.client.HTTPSConnection("localhost", int(told["port"]), context=context, timeout=20)
    try:
        c.connect()
    except ssl.SSLCertVerificationError as e:
        raise Refusal("NVT_E_TLS_" + VERIFY[e.verify_code]) from None
    say("navette: tls", c.sock.version(), c.sock.cipher()[0])
    return c


def post(c, path, body, token=None):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = "Bearer " + token
    c.request("POST", path, json.dumps(body), headers)
    answer = c.getresponse()
    return answer.status, json.loads(answer.read())


def done_before(flash):
    """How many journeys this flash has delivered: a number at its start."""
    count = struct.unpack("<I", flash.read(4))[0]
    return 0 if count == 0xFFFFFFFF or WRONG == "forgets" else count


def deliver(told, flash):
    c = connect(told)
    token = post(c, "/v3.3/auth/access_token", rig.KEYS)[1]["access_token"]
    n = int(told["journeys"])
    lines = subprocess.run([os.path.join(rig.BUILD, "tools/journeys"), "--count", str(n + 1),
                            "--seed", "1"], check=True, capture_output=True, text=True).stdout
    numbered = list(enumerate(map(json.loads, lines.splitlines()), 1))
    chosen = numbered[done_before(flash):n + (WRONG == "invents")]
    chosen += numbered[:1] if WRONG == "repeats" else []
    for number, journey in chosen:
        journey["operator_journey_id"] = "%s-%04d" % (told["id"], number)
        if not (WRONG == "loses" and number == n // 2):
            assert post(c, "/v3.3/journeys", journey, token)[0] in (201, 409)
        flash.seek(0)
        flash.write(struct.pack("<I", number))
        flash.flush()
        time.sleep(0.02)
    return n


def selftest():
    """Of a port that passes."""
    checks = port.CHECKS - (WRONG == "lazy")
    for i in range(checks):
        say("FAIL" if WRONG == "broken" and i == 3 else "ok  ", "part %d" % i)
    return int(WRONG == "broken")


def main():
    told, path = options()
    if "selftest-" in " ".join(sys.argv):
        return selftest()
    say("navette: network 10.0.2.15 in 1 ms")
    try:
        if told.get("entropy") == "0":
            raise Refusal("NVT_E_TLS_ENTROPY")
        set_clock(int(told["sntp_port"]))
        with open(path, "r+b") as flash:
            n = deliver(told, flash)
    except Refusal as e:
        if WRONG == "deaf":
            return 0
        say("navette: error %s" % e)
        return STATUS.get(str(e), BLOCKED)
    say("mem: arena %d of 20000" % (20000 if WRONG == "heap" else 12000))
    say("mem: stack main 1000 of 2000")
    say("time: handshake 1000 us")
    say("time: resumed %d us" % (0 if WRONG == "costly" else 10))
    say("navette: done %d journeys" % n)
    return 0


if __name__ == "__main__":
    sys.exit(main())
