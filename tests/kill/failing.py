#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same as kill.py on a disk that fails (tests/e2e/disk.c), beneath the spool.

    failing.py KILLS [SECONDS [SEED]]

In most lives of the service writes of the spool's file fail with EIO or ENOSPC, are cut short, reads
fail, and syncs fail so that the page cache shows what the drive never got; in some the disk is full
for all other files (a tmpfs of a few MiB, where mounting is permitted), or is read-only, from the
start or from some moment on. After half of the kills the power goes too: what was not synced is
there in part, and the cache is gone. Beside what kill.py counts:
  changed  a line that is pending, as `navette spool export` finds it after each kill, or that was
           refused, is none of those that were handed over
The service may end by itself where it says that its disk failed.
"""
import ctypes
import json
import mmap
import os
import struct
import sys

sys.dont_write_bytecode = True
import kill  # noqa: E402

# struct disk_state of tests/e2e/disk.h
FAULTS = ("write_fails", "write_short", "no_room", "sync_fails", "read_fails", "read_short",
          "advise_fails")
WORDS = FAULTS + tuple("count_" + name for name in FAULTS) + (
    "read_only", "full", "cut", "cuts", "syncs", "dropped", "given_up")
WORDS_AT = 16
HEAD = 4096
ALWAYS = 65536

CONFIG, INPUT, CHECK = 3, 10, 12  # exit codes of the command
UNDO = ("count_write_fails", "count_no_room", "count_sync_fails", "count_read_fails",
        "count_advise_fails")


class Disk:
    def __init__(self, path, seed):
        with open(path, "wb") as f:
            f.truncate(HEAD + 4096 * 4096 + 4096)
        with open(path, "r+b") as f:
            self.memory = mmap.mmap(f.fileno(), HEAD)
        struct.pack_into("<Q", self.memory, 8, seed)

    def get(self, name):
        return struct.unpack_from("<I", self.memory, WORDS_AT + 4 * WORDS.index(name))[0]

    def set(self, name, value):
        struct.pack_into("<I", self.memory, WORDS_AT + 4 * WORDS.index(name), value)

    def heal(self):
        for name in FAULTS + ("read_only", "full"):
            self.set(name, 0)


class Small:
    """A small file system of our own; without the right to mount one, a folder."""

    NEW_NS, RDONLY, REMOUNT, PRIVATE = 0x20000, 1, 32, 0x44000

    def __init__(self, path):
        self.path, self.filler = path, os.path.join(path, ".filler")
        os.mkdir(path)
        self.libc = ctypes.CDLL(None)
        self.there = self.libc.unshare(self.NEW_NS) == 0 and self.mount(
            "/", self.PRIVATE, "") and self.mount(path, 0, "size=4m")

    def mount(self, path, flags, options):
        return self.libc.mount(b"none", path.encode(), b"tmpfs", ctypes.c_ulong(flags),
                               options.encode()) == 0

    def fill(self):
        try:
            with open(self.filler, "wb", buffering=0) as f:
                while True:
                    f.write(bytes(4096))
        except OSError:
            pass

    def freeze(self):
        return self.mount(self.path, self.REMOUNT | self.RDONLY, "")

    def heal(self):
        self.mount(self.path, self.REMOUNT, "size=4m")
        if os.path.exists(self.filler):
            os.unlink(self.filler)

    def close(self):
        if self.there:
            self.libc.umount2(self.path.encode(), 2)


class Rig(kill.tools.Rig):
    def __init__(self, name):
        super().__init__(name)
        self.small = Small(super().path("disk"))

    def path(self, *parts):
        if parts[0] in ("spool", "refused.jsonl", "drop"):
            parts = ("disk",) + parts
        return super().path(*parts)

    def close(self):
        for child in self.children:
            child.kill()
            child.wait()
        self.small.close()
        super().close()


class Drop(kill.DropFolder):
    def put(self, lines):
        """On a full disk a producer gives up, and nobody promised anything."""
        try:
            super().put(lines)
        except OSError:
            pass


class Failing(kill.Killing):
    drop_kind = Drop

    def __init__(self, rig, kills, seconds, seed):
        super().__init__(rig, kills, seconds, seed)
        state = rig.path("disk.state")
        self.disk = Disk(state, seed)
        self.failing = False  # something is wrong with the disk in this life
        self.ended = self.full = self.frozen = 0
        self.changed = set()
        self.lines = self.remember(self.lines)
        rig.service_env = {
            "LD_PRELOAD": os.path.join(kill.tools.BUILD, "tests/disk.so"),
            "ASAN_OPTIONS": "verify_asan_link_order=0",
            "DISK_PATH": rig.path("spool"), "DISK_STATE": state}

    def remember(self, lines):
        """By their ids, to compare with what comes out."""
        self.known = {}
        for line in list(lines.queue):
            key = kill.id_of(line)
            if key is not None:
                self.known.setdefault(key, set()).add(canonical(line))
        return lines

    # ---- lives ----

    def trouble(self):
        super().trouble()
        self.heal()
        self.failing = os.path.exists(self.rig.path("spool")) and self.chance.random() < 0.8
        if not self.failing:
            return
        for name in FAULTS:
            if self.chance.random() < 0.35:
                self.disk.set(name, int(ALWAYS * self.chance.choice((0.003, 0.02, 0.1, 0.4))))
        kind = self.chance.random()
        if kind < 0.1:
            self.fill()
        elif kind < 0.13:
            self.disk.set("read_only", 1)
        elif kind < 0.16 and self.rig.small.there:
            self.frozen += 1 if self.rig.small.freeze() else 0

    def heal(self):
        self.disk.heal()
        if self.rig.small.there:
            self.rig.small.heal()

    def fill(self):
        self.full += 1
        if self.rig.small.there:
            self.rig.small.fill()
        else:
            self.disk.set("full", 1)

    def moment(self):
        """In some lives the disk becomes read-only while the service works, or well again."""
        seconds = super().moment()
        if self.failing and self.chance.random() < 0.3:
            kill.threading.Timer(seconds * self.chance.random(), self.turn).start()
        return seconds

    def turn(self):
        kind = self.chance.random()
        if kind < 0.4:
            self.disk.set("read_only", 1)
        elif kind < 0.6:
            self.fill()
        else:
            self.disk.heal()

    def ended_by_itself(self, service):
        if not self.failing or service.returncode not in (CONFIG, INPUT):
            super().ended_by_itself(service)
        self.ended += 1

    def life(self):
        super().life()
        if self.chance.random() < 0.5:
            self.disk.set("cut", 1)
        self.look()

    def look(self):
        """What is pending now: lines that were handed over, and nothing else."""
        if not os.path.exists(self.rig.path("spool")):
            return
        export = self.rig.output("navette", "spool", "export", self.rig.path("spool"))
        for line in export.stdout.splitlines():
            self.compare(line)

    def compare(self, line):
        if canonical(line) not in self.known.get(kill.id_of(line), ()):
            self.changed.add(line)

    def drain(self):
        self.heal()
        return super().drain()

    # ---- the account ----

    def resent(self, known, distinct, entries, settled):
        """A start that cannot tell which numbers were given passes some over."""
        print("numbers passed over: %d" % (entries - settled))
        return super().resent(known, distinct, min(entries, settled), settled)

    def undone(self):
        return sum(self.disk.get(name) for name in UNDO)

    def pending(self):
        self.start_once()
        return super().pending()

    def is_sound(self, check, export):
        """What is damaged is told of: blocks that could not be written are."""
        if check.returncode != 0:
            print(check.stdout.splitlines()[-1] + ", as navette spool check tells")
        return check.returncode in (0, CHECK) and export.returncode in (0, INPUT)

    def start_once(self):
        """As the next start finds it, after the power cut."""
        self.heal()
        if self.disk.get("cut") == 0:
            return
        service = self.rig.start_service()
        self.rig.status(service)
        service.kill()
        service.wait()
        self.rig.children.remove(service)

    def account(self, drained=None):
        with_changed = super().account(drained)
        path = self.rig.path("refused.jsonl")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                for line in f:
                    self.compare(json.dumps(json.loads(line)["journey"]))
        return with_changed

    def close(self, lost, doubled):
        disk = self.disk
        print("faults: %s" % ", ".join("%d %s" % (disk.get("count_" + name), name)
                                       for name in FAULTS))
        print("power cuts: %d, pages dropped: %d, good syncs: %d; full: %d, %s; mounted read-only: %d; "
              "ended by itself: %d" % (
                  disk.get("cuts"), disk.get("dropped"), disk.get("syncs"), self.full,
                  "a tmpfs" if self.rig.small.there else "in play", self.frozen, self.ended))
        for line in list(self.changed)[:10]:
            print("changed: " + line)
        print("kills: %d, lost: %d, changed: %d, doubled: %d"
              % (self.kills, lost, len(self.changed), doubled))
        return 1 if lost or doubled or self.changed else 0


def canonical(line):
    try:
        return json.dumps(json.loads(line), sort_keys=True)
    except ValueError:
        return line


sys.exit(kill.main(Failing, Rig))
