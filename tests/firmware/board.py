# SPDX-License-Identifier: Apache-2.0
"""One life of the emulated board: how it is started, and what it said on its UART.

The flash is RAM that the emulator keeps in a file, so that it outlives a killed emulator as a chip
outlives a power cut. BOARD names another program to run in the emulator's place (fake.py).
"""
import os
import re
import subprocess
import time

FLASH_LEN, PSRAM_LEN = 1 << 20, 16 << 20  # what the image uses; what the emulator wants
LAST_WORDS = 15

# Lines that carry one figure each, by the name it gets in Report.
FACTS = {
    "network_ms": r"navette: network \S+ in (\d+) ms",
    "clock": r"navette: clock (\d{4}-\d\d-\d\dT\S+Z)",
    "tls": r"navette: tls (TLSv1\.[23] \S+)",
    "error": r"navette: error (.+)",
    "done": r"navette: done (\d+) journeys",
    "delivered": r"navette: delivered (\d+) duplicates \d+ refused \d+ expired \d+",
    "refused": r"navette: delivered \d+ duplicates \d+ refused (\d+) expired \d+",
    "expired": r"navette: delivered \d+ duplicates \d+ refused \d+ expired (\d+)",
}
TABLES = {
    "mem": r"mem: (\S.*?) (\d+) of (\d+)\s*$",
    "time": r"time: (\S.*?) (\d+) us\s*$",
}


class Report:
    """What the board said: the last value of each fact, as text; None for what it did not say."""

    def __init__(self, text):
        self.text = text
        self.facts = dict.fromkeys(FACTS)
        self.mem, self.time = {}, {}
        for line in text.splitlines():
            for name, pattern in FACTS.items():
                found = re.search(pattern, line)
                if found:
                    self.facts[name] = found.group(1).strip()
            found = re.match(TABLES["mem"], line)
            if found:
                self.mem[found.group(1)] = int(found.group(2)), int(found.group(3))
            found = re.match(TABLES["time"], line)
            if found:
                self.time[found.group(1)] = int(found.group(2))

    def __getattr__(self, name):
        return self.facts[name]

    def number(self, name):
        return int(self.facts[name] or 0)

    def last_words(self):
        lines = [line for line in self.text.splitlines() if not re.match("(mem|time): ", line)]
        return "\n".join(lines[-LAST_WORDS:])


def blank_flash(path):
    """Erased NOR is all ones; the file has a hole where the image does not reach."""
    with open(path, "wb") as f:
        f.write(b"\xff" * FLASH_LEN)
        f.truncate(PSRAM_LEN)


def command(image, flash, arguments, icount=None):
    told = ",".join("arg=%s=%s" % pair for pair in arguments.items())
    return [*os.environ.get("BOARD", "qemu-system-arm").split(),
            "-M", "mps2-an385,memory-backend=psram", "-object",
            "memory-backend-file,id=psram,size=16M,share=on,mem-path=" + flash,
            "-kernel", image, "-display", "none", "-monitor", "none", "-serial", "stdio",
            "-semihosting-config", "enable=on,target=native,arg=gateway," + told,
            "-nic", "user,model=lan9118", *(["-icount", icount] if icount else [])]


class Life:
    """From power on to exit or kill."""

    def __init__(self, rig, image, flash, arguments, icount=None):
        self.rig, self.log, self.begun = rig, rig.path("board.log"), time.monotonic()
        if os.path.exists(self.log):
            os.remove(self.log)
        self.process = rig.start(*command(image, flash, arguments, icount), log="board.log")

    def wait(self, seconds):
        """The exit code; None: it was still running then."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            code = None
        self.seconds = time.monotonic() - self.begun
        return code

    def end(self):
        """What it said. Still running: it is killed, as power cuts are."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.rig.children.remove(self.process)
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return Report(f.read())
