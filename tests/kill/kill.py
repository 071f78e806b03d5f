#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the service under load at random moments, the stand-in on the other side.

    kill.py KILLS [SECONDS [SEED]]

SECONDS are shared out among the lives of the service, so that all of it lasts not much longer.

Producers write journeys to the socket and count as acknowledged what was answered "ok"; files of
journeys appear in the drop folder and count as acknowledged once they are gone, but for what stands
in NAME.refused. Among the journeys are bad ones of all kinds (tests/tools/journeys.c --bad). The
registry loses answers, fails or takes its time now and then; some lives of the service read their
configuration again (SIGHUP). The account is made twice: after the last kill, with what `navette
spool export` finds pending, and once the service has delivered that and was told to end. Of every
acknowledged journey:
  lost     it is not in the registry, not pending, and no line of the refused file says why; or the
           registry refused it, it is not pending, and no line says so
  doubled  the registry accepted it and the refused file says it did not, the refused file tells it
           under two numbers though it was given once, or the registry stored more than one of it
Nothing may be sent again without need: each 409 must be answered for by a kill, a lost answer, or
an entry that is in the spool twice because its journey was given twice.
"""
import collections
import json
import os
import queue
import random
import re
import signal
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tools"))
import rig as tools  # noqa: E402

LANES = 4
PRODUCERS = 2
SHORT = 0.15  # of the journeys are too short: the registry stores them and refuses them
PER_LIFE = 64  # journeys that one life of the service is offered at most, over the socket
BACKLOG = 600  # beyond it most lives are offered none: the spool takes about 900
DRAIN_S = 120


class Ledger:
    """What the producers know: lines by journey, and what became of them. Lines without a journey's
    id in them are no journeys: they must be refused and are not kept here."""

    def __init__(self):
        self.lock = threading.Lock()
        self.given = {}       # id: how often it was handed over, kept or not
        self.acked = {}       # id: how often it was acknowledged
        self.turned_down = 0  # at the door, with a reason

    def hand_over(self, line):
        key = id_of(line)
        with self.lock:
            if key is not None:
                self.given[key] = self.given.get(key, 0) + 1

    def acknowledge(self, line):
        key = id_of(line)
        if key is None:
            raise SystemExit("kept though it is no journey: " + line)
        with self.lock:
            self.acked[key] = self.acked.get(key, 0) + 1

    def turn_down(self):
        with self.lock:
            self.turned_down += 1


def id_of(line):
    try:
        return json.loads(line)["operator_journey_id"]
    except (ValueError, KeyError, TypeError):
        return None


# ---- what feeds the service ----

class Producer(threading.Thread):
    """One connection in one life of the service: bursts of lines, then their answers."""

    def __init__(self, rig, service, ledger, lines, count, chance):
        super().__init__(daemon=True)
        self.rig, self.service, self.ledger = rig, service, ledger
        self.lines, self.count, self.chance = lines, count, chance
        self.start()

    def run(self):
        s = self.rig.connect(self.service, 5)
        if s is None:
            return
        with s, s.makefile("rb") as answers:
            try:
                while self.count > 0:
                    self.burst(s, answers)
                    time.sleep(self.chance.random() * 0.05)
            except OSError:
                pass  # killed

    def burst(self, s, answers):
        n = min(self.count, self.chance.randint(1, 12))
        self.count -= n
        batch = [self.lines.get() for _ in range(n)]
        for line in batch:
            self.ledger.hand_over(line)
        s.sendall("".join(line + "\n" for line in batch).encode())
        for line in batch:
            answer = answers.readline()
            if not answer.endswith(b"\n"):
                raise OSError("killed")
            if json.loads(answer)["ok"]:
                self.ledger.acknowledge(line)
            else:
                self.ledger.turn_down()


class DropFolder:
    """Files that appear by rename; one that is gone is done with."""

    def __init__(self, rig, ledger):
        self.rig, self.ledger = rig, ledger
        self.folder = rig.path("drop")
        self.files, self.number = {}, 0
        self.reread = collections.Counter()  # id: times its file may have been begun in vain
        os.mkdir(self.folder, 0o700)

    def put(self, lines):
        name = "%06d.jsonl" % self.number
        self.number += 1
        for line in lines:
            self.ledger.hand_over(line)
        temporary = os.path.join(self.folder, "." + name)
        with open(temporary, "w") as f:
            f.writelines(line + "\n" for line in lines)
        self.files[name] = lines
        os.rename(temporary, os.path.join(self.folder, name))

    def killed(self):
        """Files that are still there are read once more, from their first line on."""
        for name in self.collect():
            self.reread.update(map(id_of, self.files[name]))

    def collect(self):
        here = set(os.listdir(self.folder))
        for name in [n for n in self.files if n not in here]:
            refused = self.refused_lines(name + ".refused")
            for number, line in enumerate(self.files.pop(name), 1):
                if number in refused:
                    self.ledger.turn_down()
                else:
                    self.ledger.acknowledge(line)
        return list(self.files)

    def refused_lines(self, name):
        """Numbers of the lines that stand in there."""
        path = os.path.join(self.folder, name)
        if not os.path.exists(path):
            return set()
        with open(path, encoding="utf-8") as f:
            return {json.loads(line)["line"] for line in f}


# ---- the lives of the service ----

class Killing:
    drop_kind = DropFolder

    def __init__(self, rig, kills, seconds, seed):
        self.rig, self.kills, self.left = rig, kills, kills
        self.end = time.monotonic() + seconds
        self.chance = random.Random(seed)
        self.ledger = Ledger()
        self.lines = queue.Queue()
        self.lost_answers = 0
        # Limits are not what is tried here, nor is the length of a token's life.
        rig.start_standin("--limit-scale", "1000", "--token-life", "120", "--max-life", "3000")
        self.drop = self.drop_kind(rig, self.ledger)
        rig.configure(rig.standin_port, drop=self.drop.folder, connections=LANES, spool_size=1,
                      scan=1)
        count = kills * (PER_LIFE + 12) + 5000
        for line in rig.journeys(count, seed, "--bad"):
            self.lines.put(self.too_short(line) if self.chance.random() < SHORT else line)

    def too_short(self, line):
        """What a repeat after a kill would hide: its 409 does not say that it was refused."""
        return re.sub(r'"distance":\d+', '"distance":1500', line)

    def trouble(self):
        """Now and then the registry misbehaves."""
        kind = self.chance.random()
        n = self.chance.randint(1, 3)
        if kind < 0.05:
            self.rig.fault(clear=True, scope="journeys", drop_after=n)
            self.lost_answers += n
        elif kind < 0.08:
            self.rig.fault(clear=True, scope="journeys", truncate=n)
            self.lost_answers += n
        elif kind < 0.11:
            self.rig.fault(clear=True, scope="journeys", fail_status=503, fail_count=n)
        elif kind < 0.25:
            self.rig.fault(clear=True, scope="any", delay_ms=60, delay_count=20)
        elif kind < 0.28:
            self.rig.fault(clear=True, expire_tokens=True)
        else:
            self.rig.fault(clear=True)

    def moment(self):
        """Seconds from the start to the kill: mostly in the middle of the work, sometimes while the
        spool is mounted or the token fetched."""
        share = max(0.1, (self.end - time.monotonic()) / self.left)
        self.left -= 1
        return self.chance.random() * (0.04 if self.chance.random() < 0.15 else 2.1 * share)

    def backlog(self):
        return len(self.ledger.acked) - self.rig.state()["journeys"]

    def life(self):
        self.trouble()
        service = self.rig.start_service()
        end = time.monotonic() + self.moment()
        offered = self.chance.random() < (0.8 if self.backlog() < BACKLOG else 0.2)
        producers = [Producer(self.rig, service, self.ledger, self.lines,
                              self.chance.randint(0, PER_LIFE) // PRODUCERS if offered else 0,
                              random.Random(self.chance.random())) for _ in range(PRODUCERS)]
        if offered and self.chance.random() < 0.3:
            self.drop.put([self.lines.get() for _ in range(self.chance.randint(1, 30))])
        if self.chance.random() < 0.1:
            time.sleep(max(0.0, end - time.monotonic()) / 2)
            service.send_signal(signal.SIGHUP)
        time.sleep(max(0.0, end - time.monotonic()))
        if service.poll() not in (None, -signal.SIGHUP):  # so early that it did not listen to it
            self.ended_by_itself(service)
        service.kill()
        service.wait()
        self.rig.children.remove(service)
        for producer in producers:
            producer.join()
        self.drop.killed()

    def ended_by_itself(self, service):
        raise SystemExit("the service ended by itself with exit code %d: see %s"
                         % (service.returncode, self.rig.path("service.log")))

    def drain(self):
        """The last life is left alone until all is settled: how many entries that were, and how
        many the spool says it settled."""
        self.rig.fault(clear=True)
        service = self.rig.start_service()
        end = time.monotonic() + DRAIN_S
        while self.drop.collect() or self.rig.status(service)["spool"]["pending"] > 0:
            if time.monotonic() > end:
                raise SystemExit("not all was settled after %d s: %s"
                                 % (DRAIN_S, self.rig.status(service)))
            time.sleep(0.1)
        last = self.last_id(service)
        while self.rig.status(service)["spool"]["pending"] > 0 and time.monotonic() < end:
            time.sleep(0.02)
        spool = self.rig.status(service)["spool"]
        code, _ = self.rig.end_service(service)
        if code != 0:
            raise SystemExit("SIGTERM: exit code %d" % code)
        return last, sum(spool[name] for name in ("delivered", "refused", "expired"))

    def last_id(self, service):
        """Numbers count up from 1: that of one more journey tells how many there ever were."""
        with self.rig.connect(service) as s, s.makefile("rb") as answers:
            while True:
                line = self.lines.get()
                self.ledger.hand_over(line)
                s.sendall((line + "\n").encode())
                answer = json.loads(answers.readline())
                if answer["ok"]:
                    self.ledger.acknowledge(line)
                    return answer["id"]
                self.ledger.turn_down()

    # ---- the account ----

    def registry(self):
        """Ids that the registry accepted, and those of ours that it stored and refused."""
        token = self.rig.token()
        status, answer = self.rig.ask("GET", "/v3.3/journeys?status=pending&limit=10000000",
                                      None, token)
        if status != 200:
            raise SystemExit("the registry's list: %d" % status)
        accepted = [item["operator_journey_id"] for item in answer]
        rest = set(self.ledger.given) - set(accepted)
        violating = set()
        for key in rest:
            status, answer = self.rig.ask("GET", "/v3.3/journeys/" + key, None, token)
            if status == 200:
                violating.add(key)
        return accepted, violating

    def refused(self):
        """Ids of the refused file, with the numbers they were told under."""
        told = {}
        path = self.rig.path("refused.jsonl")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                for line in f:
                    entry = json.loads(line)
                    numbers = told.setdefault(entry["journey"]["operator_journey_id"], set())
                    numbers.add(entry["id"])
        return told

    def pending(self):
        """What the tool finds in the spool, in which nothing may be damaged."""
        check = self.rig.output("navette", "spool", "check", self.rig.path("spool"))
        export = self.rig.output("navette", "spool", "export", self.rig.path("spool"))
        if not self.is_sound(check, export):
            raise SystemExit("navette spool: exit %d, %d: %s%s" % (
                check.returncode, export.returncode, check.stdout + check.stderr, export.stderr))
        return [id_of(line) for line in export.stdout.splitlines()]

    def is_sound(self, check, export):
        return check.returncode == 0 and export.returncode == 0

    def account(self, drained=None):
        """Lists of what was lost and doubled. drained: what drain() returned."""
        accepted, violating = self.registry()
        told, there, ledger, state = self.refused(), set(accepted), self.ledger, self.rig.state()
        waiting = set(self.pending())
        unheard = "refused by the registry, and nobody was told"
        lost = [(key, unheard if key in violating else "nowhere") for key in ledger.acked
                if key not in there and key not in told and key not in waiting]
        doubled = [(key, "accepted, and told as refused") for key in told if key in there]
        doubled += [(key, "told under %d numbers" % len(numbers)) for key, numbers in told.items()
                    if len(numbers) > ledger.given[key] + self.drop.reread[key] + self.undone()]
        doubled += [(key, "never handed over") for key in there | waiting
                    if key not in ledger.given]
        if len(accepted) != len(there) or state["journeys"] != len(there) + len(violating):
            doubled.append(("registry", "%d stored, %d accepted, %d refused"
                            % (state["journeys"], len(there), len(violating))))
        acked = set(ledger.acked)
        print("acknowledged: %d, turned down at the door: %d; of them in the registry: %d, told as "
              "refused: %d, pending: %d" % (len(acked), ledger.turned_down, len(there & acked),
                                            len(set(told) & acked), len(waiting & acked)))
        if drained is not None:
            lost += [(key, "still pending") for key in waiting]
            doubled += self.resent(state["answers"].get("409", 0), len(there | set(told)), *drained)
        return lost, doubled

    def resent(self, known, distinct, entries, settled):
        doubled = []
        twice = entries - distinct
        allowed = (self.kills + self.undone()) * LANES + self.lost_answers + twice
        print("in the spool twice: %d; 409s: %d of at most %d" % (twice, known, allowed))
        if known > allowed:
            doubled.append(("409", "%d of them, %d have a reason" % (known, allowed)))
        if settled > entries or (settled < entries and self.undone() == 0):
            doubled.append(("spool", "%d entries, settled %d times" % (entries, settled)))
        return doubled

    def close(self, lost, doubled):
        """The last line; the exit code."""
        print("kills: %d, lost: %d, doubled: %d" % (self.kills, lost, doubled))
        return 1 if lost or doubled else 0

    def undone(self):
        """How often what the spool was given may have been undone, without a kill."""
        return 0


def main(kind, rig_kind=tools.Rig):
    kills = int(sys.argv[1])
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else kills * 0.4
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1000000)
    print("seed: %d" % seed, flush=True)
    rig = rig_kind("kill")
    try:
        killing = kind(rig, kills, seconds, seed)
        for _ in range(kills):
            killing.life()
        print("after the last kill:")
        lost, doubled = killing.account()
        drained = killing.drain()
        print("after the last delivery:")
        lost, doubled = (before + after for before, after in zip((lost, doubled),
                                                                 killing.account(drained)))
        for key, why in (lost + doubled)[:20]:
            print("%s: %s" % (key, why))
        return killing.close(len(lost), len(doubled))
    finally:
        rig.close()


if __name__ == "__main__":
    sys.exit(main(Killing))
