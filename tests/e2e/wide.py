#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the largest legal journeys of those on standard input: every text as long as its bound
lets it be, in characters of four bytes, and lists that are full."""
import json
import sys
import uuid

WIDE = "\U0001F697"


def wide(n, end=""):
    return WIDE * (n - len(end)) + end


for line in sys.stdin:
    j = json.loads(line)
    j["operator_journey_id"] = wide(256, str(uuid.uuid4()))
    j["operator_trip_id"] = wide(256, str(uuid.uuid4()))
    j["licence_plate"] = wide(32)
    for who in ("driver", "passenger"):
        identity = j[who]["identity"]
        identity["operator_user_id"] = wide(256)
        identity["travel_pass"] = {"name": "navigo", "user_id": wide(128)}
        for name in ("firstname", "lastname", "company"):
            identity[name] = wide(256)
    j["incentives"] = [{"index": i, "amount": 100, "siret": "12345678901234"} for i in range(20)]
    j["passenger"]["payments"] = [{"index": i, "siret": "12345678901234", "type": wide(256),
                                   "amount": 100} for i in range(20)]
    print(json.dumps(j, ensure_ascii=False, separators=(",", ":")))
