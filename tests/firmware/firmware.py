#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The example firmware on an emulated Cortex-M3, against the stand-in on the host's loopback.

    firmware.py BUILD_NAME ...      bare, freertos

For each build: its link map, the self-test of its port, what it must refuse, journeys through TLS
1.2, through 1.3, through a server that hangs up, over a network that loses packets, and through
kills of the emulator at random moments with the flash kept.
The registry is asked what became of each journey:
  lost     it was to be delivered and the registry has not accepted it
  doubled  the registry accepted something else, or something twice
A repeat that the registry answered with 409 is neither, but must have a kill or lost packets as its
reason. Ends with one line a build and "N passed, M failed".

BUILD names the folder of the programs; JOURNEYS how many each run has (200); FIRMWARE_SEED repeats
the moments of an earlier run; BOARD is another program in the emulator's place; KEEP=1 leaves the
work folder behind.
"""
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "tools")]
# pylint: disable=wrong-import-position
import image
import port
from bench import Bench, Run

JOURNEYS = max(1, int(os.environ.get("JOURNEYS", "200")))
KILLS = 8
KILLED_ANSWER_MS = 10  # the registry takes its time, so that kills hit calls under way
LOSS_PERMILLE = 50
RUN_S, LOSS_S, REFUSAL_S = 120, 180, 60

# What is wrong, the certificate that the stand-in shows, what the run is told, the error, and the
# image's exit code (enum gateway_status of the example).
CLOCK, SETUP, BLOCKED = 4, 6, 7
ALWAYS = 1000000
REFUSALS = [
    ("a CA that nobody trusts", "unknownroot", {}, "NVT_E_TLS_ISSUER", BLOCKED),
    ("another host's certificate", "wronghost", {}, "NVT_E_TLS_HOST", BLOCKED),
    ("an expired certificate", "expired", {}, "NVT_E_TLS_EXPIRED", BLOCKED),
    ("a time server that is silent", "server", {"silent": ALWAYS}, "NVT_E_TLS_CLOCK", CLOCK),
    ("a time server that lives in 2001", "server", {"sntp": -25 * 31557600}, "NVT_E_TLS_NOT_YET",
     BLOCKED),
    ("a board without entropy", "server", {"entropy": 0}, "NVT_E_TLS_ENTROPY", SETUP),
]


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, good, name, detail=""):
        print("%s - %s" % ("ok" if good else "not ok", name), flush=True)
        if good:
            self.passed += 1
        else:
            self.failed += 1
            for line in str(detail).splitlines():
                print("#   " + line, flush=True)


class Build:
    """All runs of one image."""

    def __init__(self, name, bench, checks, chance):
        self.name, self.bench, self.checks, self.chance = name, bench, checks, chance
        self.image = image.Image(name)
        self.journeys = self.lost = 0

    def check(self, good, what, detail=""):
        self.checks.check(good, self.name + ": " + what, detail)

    def all(self):
        heap = self.image.heap()
        self.check(not heap, "no heap in the image", "\n".join(heap))
        port.check(self.checks, self.bench, self.name)
        boot_s = [self.refused(*row) for row in REFUSALS][0]
        whole_s = self.plain("12")
        self.plain("13")
        self.resumes("12")
        self.resumes("13")
        self.waits_for_time()
        self.lossy()
        self.killed(boot_s, whole_s)

    def summary(self):
        flash, ram = self.image.totals()
        return "%s: %d journeys, %d lost, flash %d, ram %d" % (self.name, self.journeys, self.lost,
                                                               flash, ram)

    def refused(self, what, certificate, told, error, status):
        """Returns how long a life lasts that gets no further."""
        self.bench.serve(certificate)
        run = Run(self.bench, self.image.elf, "refused", 1, **told)
        life = run.life()
        code = life.wait(REFUSAL_S)
        report = life.end()
        self.check(code == status and (report.error or "").startswith(error),
                   "refuses %s: %s" % (what, error), tell(code, report))
        self.check(self.bench.requests() == 0, "... and sends nothing", self.bench.requests())
        run.close()
        return life.seconds

    def plain(self, tls):
        what = "TLS 1." + tls[1]
        self.bench.serve(tls=tls)
        run = Run(self.bench, self.image.elf, "plain" + tls, JOURNEYS, tls=tls)
        life = run.life()
        code = life.wait(RUN_S)
        report = life.end()
        self.delivered(what, run, code, report, 0)
        self.check((report.tls or "").startswith("TLSv1." + tls[1]), what + ": that was spoken",
                   report.tls)
        # What else is in the table is used whole, or waits for room.
        stacks = {name: figures for name, figures in report.mem.items()
                  if name.startswith(("arena", "stack"))}
        self.check(len(stacks) > 1 and all(used < size for used, size in stacks.values()),
                   what + ": room was left in the arena and on each stack", stacks)
        run.close()
        return life.seconds

    def resumes(self, tls):
        """The server hangs up after each second answer; the ticket of the handshake before spares
        the board its certificates."""
        what = "TLS 1.%s, the server hangs up" % tls[1]
        self.bench.serve(tls=tls)
        self.bench.fault(close_after=2)
        run = Run(self.bench, self.image.elf, "again" + tls, 4, tls=tls)
        life = run.life()
        code = life.wait(RUN_S)
        report = life.end()
        self.delivered(what, run, code, report, 0)
        self.check(report.time.get("resumed", 0) > 0, what + ": its ticket is taken",
                   report.last_words())
        run.close()

    def waits_for_time(self):
        """Two of its requests, or the answers, are lost: it asks again before it gives up."""
        self.bench.serve()
        run = Run(self.bench, self.image.elf, "time", 1, silent=2)
        life = run.life()
        code = life.wait(RUN_S)
        self.delivered("the third request for the time is answered", run, code, life.end(), 0)
        run.close()

    def lossy(self):
        seed = self.chance.randrange(1, 1 << 31)
        self.bench.serve()
        run = Run(self.bench, self.image.elf, "loss", JOURNEYS, loss=LOSS_PERMILLE, seed=seed)
        life = run.life()
        code = life.wait(LOSS_S)
        self.delivered("%g %% of packets lost" % (LOSS_PERMILLE / 10), run, code, life.end(),
                       JOURNEYS)
        run.close()

    def killed(self, boot_s, whole_s):
        """A life for each kill, mostly in the middle of the work, and one that is left alone."""
        self.bench.serve()
        self.bench.fault(scope="journeys", delay_ms=KILLED_ANSWER_MS, delay_count=1000000)
        run = Run(self.bench, self.image.elf, "kill", JOURNEYS)
        work_s = max(0, whole_s - boot_s) + JOURNEYS * KILLED_ANSWER_MS / 1000
        kills, code = 0, None
        while kills < KILLS and code is None:
            life = run.life()
            code = life.wait(self.moment(boot_s, 1.6 * work_s / KILLS))
            report = life.end()
            kills += code is None
        if code is None:
            life = run.life()
            code = life.wait(RUN_S)
            report = life.end()
        self.delivered("%d kills" % kills, run, code, report, kills)
        self.check(kills >= KILLS / 2, "... at least half of %d before the end" % KILLS)
        run.close()

    def moment(self, boot_s, work_s):
        if self.chance.random() < 0.2:
            return self.chance.random() * boot_s
        return boot_s + self.chance.random() * work_s

    def delivered(self, what, run, code, report, repeats):
        """What holds after the last life. repeats: how many 409s would have a reason."""
        self.check(code == 0 and report.number("done") == run.journeys,
                   what + ": done, exit code 0", tell(code, report))
        lost, doubled, known = self.bench.account(run)
        self.check((lost, doubled) == (0, 0), "%s: %d journeys, 0 lost, 0 doubled"
                   % (what, run.journeys), "%d lost, %d doubled" % (lost, doubled))
        self.check(known <= repeats, "%s: %d repeats, %d have a reason" % (what, known, repeats))
        self.journeys += run.journeys
        self.lost += lost


def tell(code, report):
    return "exit code %s\n%s" % ("none: it was still running" if code is None else code,
                                 report.last_words())


def main():
    seed = int(os.environ.get("FIRMWARE_SEED") or random.randrange(1000000))
    print("seed: %d" % seed, flush=True)
    checks, bench = Checks(), Bench()
    try:
        builds = [Build(name, bench, checks, random.Random(seed)) for name in sys.argv[1:]]
        for build in builds:
            build.all()
        for build in builds:
            print(build.summary())
    finally:
        bench.close()
    print("%d passed, %d failed" % (checks.passed, checks.failed))
    return 1 if checks.failed or not checks.passed else 0


if __name__ == "__main__":
    sys.exit(main())
