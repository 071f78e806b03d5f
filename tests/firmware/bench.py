# SPDX-License-Identifier: Apache-2.0
"""What stands around a board: stand-in, name server, time server, and the flash that is kept."""
import os
import re
import shutil

import board
import rig
import servers

HOST = "registre.localhost"
TLS = {"12": "NORMAL:-VERS-ALL:+VERS-TLS1.2", "13": "NORMAL:-VERS-ALL:+VERS-TLS1.3"}
NO_TICKETS = ":%NO_TICKETS:%NO_TICKETS_TLS12"


class Bench(rig.Rig):
    def __init__(self):
        super().__init__("firmware")
        # The image trusts the CA that it was built with.
        shutil.rmtree(self.path("pki"))
        os.symlink(os.path.join(rig.BUILD, "pki"), self.path("pki"))
        self.standin = None
        self.dns = servers.Dns(HOST)

    def serve(self, certificate="server", tls=None, more=""):
        """A stand-in that knows nothing yet. Limits are not what is tried here. more: to be added
        to its TLS priorities."""
        if self.standin is not None:
            self.standin.terminate()
            self.standin.wait()
            self.children.remove(self.standin)
            self._https = None
            os.remove(self.path("standin.port"))
            os.remove(self.path("standin.log"))
        self.start_standin("--cert", self.path("pki", certificate + ".pem"),
                           "--key", self.path("pki", certificate + ".key"), "--limit-scale",
                           "1000", "--verbose", *(["--tls", TLS[tls] + more] if tls else []))
        self.standin = self.children[-1]

    def requests(self):
        """How many the stand-in had, as it wrote down: this asks nothing of it."""
        with open(self.path("standin.log"), "rb") as f:
            return f.read().count(b"\n")

    def account(self, run):
        """Lost, doubled, and how often the registry answered 409."""
        state = self.state()
        status, answer = self.ask("GET", "/v3.3/journeys?status=pending&limit=1000000", None,
                                  self.token())
        if status != 200:
            raise SystemExit("the registry's list: %d" % status)
        numbers = [run.number_of(item["operator_journey_id"]) for item in answer]
        there, wanted = set(numbers), set(range(1, run.journeys + 1))
        doubled = len(numbers) - len(there & wanted) + state["journeys"] - len(numbers)
        return len(wanted - there), doubled, state["answers"].get("409", 0)


class Run:
    """One flash, blank at first, and what the lives on it are told. sntp: seconds that the time
    server is ahead; silent: how many requests it leaves without an answer."""

    def __init__(self, bench, image, name, journeys, sntp=0, silent=0, **arguments):
        self.bench, self.image, self.name, self.journeys = bench, image, name, journeys
        self.sntp = servers.Sntp(sntp, silent)
        self.flash = bench.path("flash.img")
        self.arguments = {"host": HOST, "port": bench.standin_port, "dns_port": bench.dns.port,
                          "sntp_port": self.sntp.port, "first": 1, "journeys": journeys,
                          "tls": "12", "id": name, **arguments}
        board.blank_flash(self.flash)

    def life(self, icount=None):
        return board.Life(self.bench, self.image, self.flash, self.arguments, icount)

    def number_of(self, journey_id):
        """Of one that this run appended; any other id is no number."""
        found = re.fullmatch(re.escape(self.name) + r"-?(\d+)", journey_id)
        return int(found.group(1)) if found else journey_id

    def close(self):
        self.sntp.close()
        os.remove(self.flash)
