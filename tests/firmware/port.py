# SPDX-License-Identifier: Apache-2.0
"""The self-test of a port on the emulated board, against the conformance server on the host's
loopback: its image is selftest-NAME.elf."""
import os
import re
import subprocess

import board
import rig
import servers

SECONDS = 300  # it takes 15; a host with much else to do lets packets go, and each costs seconds
CHECKS = 28  # 21 of a port, one of the board's own, 6 of a block device that cannot be opened again
HOST = "selftest.localhost"


def serve():
    """The server and its port."""
    server = subprocess.Popen([os.path.join(rig.BUILD, "conformance/server"), "127.0.0.1", "0"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    return server, int(server.stdout.readline().split()[-1])


def run(bench, name):
    """The image's exit code, None when it had none in time, and what it said."""
    flash = bench.path("selftest.img")
    board.blank_flash(flash)
    server, port = serve()
    dns, sntp = servers.Dns(HOST), servers.Sntp()
    try:
        life = board.Life(bench, os.path.join(rig.BUILD, "firmware", "selftest-%s.elf" % name),
                          flash, {"host": HOST, "port": port, "dns_port": dns.port,
                                  "sntp_port": sntp.port})
        code = life.wait(SECONDS)
        return code, life.end()
    finally:
        dns.close()
        sntp.close()
        server.kill()
        server.wait()
        server.stdout.close()
        os.remove(flash)


def check(checks, bench, name):
    """Each check of the image is one here; that all of them were made is one more."""
    code, report = run(bench, name)
    made = re.findall(r"^(ok  |FAIL) (.*)$", report.text, re.M)
    for word, what in made:
        checks.check(word != "FAIL", "%s, on the board: %s" % (name, what))
    failed = sum(word == "FAIL" for word, _ in made)
    checks.check((len(made), code) == (CHECKS, failed),
                 "%s, on the board: %d checks of the port and the flash" % (name, CHECKS),
                 "%d made, exit code %s\n%s" % (len(made), code, report.last_words()))
