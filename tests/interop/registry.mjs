// SPDX-License-Identifier: Apache-2.0
// What the registry would say to the bodies on standard input: its schemas' bounds in AJV, phone
// numbers by libphonenumber, markup by js-xss, dates by JavaScript, then the columns of its tables.
// Each line is "kind TAB error TAB field TAB body" with the library's own verdict: they must agree
// but for the differences below. Facts of the registry's source at 40409311; the schemas are ours.
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { isPossiblePhoneNumber, isValidPhoneNumber } from "libphonenumber-js";
import xss from "xss";
import { createInterface } from "node:readline";

// ---- the validator ----

const ajv = new Ajv({ strict: false, allErrors: true, useDefaults: false });
addFormats(ajv);
ajv.addFormat("phone", (s) => isValidPhoneNumber(s, "FR"));
ajv.addFormat("phonetrunc", (s) => isValidPhoneNumber(`${s}00`, "FR"));
ajv.addKeyword({
  keyword: "date",
  type: "string",
  validate: (_, s) => s !== "" && !Number.isNaN(new Date(s).getTime()),
});
ajv.addKeyword({
  keyword: "decimals",
  type: "number",
  validate: (whole, n) => new RegExp(`^-?[0-9]{1,${whole}}(\\.[0-9]+)?$`).test(String(n)),
});

const integer = (minimum, maximum) => ({ type: "integer", minimum, maximum });
const varchar = { type: "string", minLength: 1, maxLength: 256 };
const siret = { type: "string", pattern: "^[0-9]{14}$" };
const time = { type: "string", format: "date-time", maxLength: 64, date: true };
const phoneTrunc = { type: "string", format: "phonetrunc", minLength: 8, maxLength: 20 };
const closed = (properties, required = Object.keys(properties)) => ({
  type: "object",
  additionalProperties: false,
  properties,
  required,
});
const list = (items) => ({ type: "array", maxItems: 20, items });

const point = closed({
  datetime: time,
  lat: { type: "number", minimum: -90, maximum: 90, decimals: 2 },
  lon: { type: "number", minimum: -180, maximum: 180, decimals: 3 },
});
const incentive = closed({
  index: integer(0, 19),
  siret,
  amount: { type: "number", minimum: 0, maximum: 100000 },
});
const payment = closed({
  index: integer(0, 19),
  siret,
  type: varchar,
  amount: integer(0, 100000),
});
const identity = closed(
  {
    identity_key: { pattern: "^[a-f0-9]{64}$" },
    operator_user_id: varchar,
    firstname: varchar,
    lastname: varchar,
    company: varchar,
    email: { type: "string", format: "email", minLength: 5, maxLength: 256 },
    phone: { type: "string", format: "phone", minLength: 10, maxLength: 20 },
    phone_trunc: phoneTrunc,
    over_18: { enum: [true, false, null] },
    travel_pass: closed({ name: { enum: ["navigo"] }, user_id: varchar }),
  },
  ["identity_key", "operator_user_id"],
);
const change = {
  operator_id: integer(1, 2147483647),
  operator_trip_id: varchar,
  operator_class: { enum: ["A", "B", "C"] },
  incentives: list(incentive),
  incentive_counterparts: {},
  start: point,
  end: point,
  distance: integer(1, 1000000),
};
const journey = closed(
  {
    ...change,
    operator_journey_id: varchar,
    licence_plate: varchar,
    driver: closed({ identity, revenue: integer(0, 1000000) }),
    passenger: closed(
      { identity, contribution: integer(0, 1000000), seats: integer(1, 8), payments: list(payment) },
      ["identity", "contribution"],
    ),
  },
  ["operator_journey_id", "operator_trip_id", "operator_class", "incentives", "start", "end"].concat(
    ["distance", "driver", "passenger"],
  ),
);
const update = closed(change, ["operator_class", "incentives", "start", "end", "distance"]);

const license = {
  anyOf: ["^[0-9]{12}$", "^[A-Z0-9]{1,15}[0-9]{4}$", "^[A-Z0-9]{1,15}$"]
    .map((pattern) => ({ type: "string", pattern }))
    .concat([{ type: "string", pattern: "^99-.*$", minLength: 4, maxLength: 64 }]),
};
const person = {
  journey_type: { enum: ["short", "long"] },
  driving_license: license,
  last_name_trunc: { type: "string", pattern: "^[A-Z ]{3}$" },
  identity_key: { type: "string", pattern: "^[a-f0-9]{64}$" },
};
const simulate = closed({ ...person, phone_trunc: phoneTrunc }, [
  "last_name_trunc",
  "phone_trunc",
  "journey_type",
]);
const applies = { ...person, application_timestamp: time };
const registers = {
  short: closed({ ...applies, operator_journey_id: varchar }),
  long: closed({ ...applies, phone_trunc: phoneTrunc, datetime: time }),
};

const compiled = {
  journey: ajv.compile(journey),
  update: ajv.compile(update),
  simulate: ajv.compile(simulate),
  short: ajv.compile(registers.short),
  long: ajv.compile(registers.long),
};

// ---- the database behind it ----

const clean = (s) =>
  xss(s, { whiteList: {}, stripIgnoreTag: true, stripIgnoreTagBody: ["script"] });
const points = (s) => [...s].length;
const holdsNul = (...texts) => texts.some((s) => typeof s === "string" && s.includes("\0"));

function* columns(j) {
  yield* [j.operator_journey_id, j.operator_trip_id, j.licence_plate];
  for (const who of [j.driver?.identity, j.passenger?.identity]) {
    yield* [who?.operator_user_id, who?.travel_pass?.user_id];
  }
  yield* (j.passenger?.payments ?? []).map((p) => p.type);
}

function tooLong(j) {
  const over = (s, max) => s !== undefined && points(clean(s)) > max;
  return [j.driver?.identity, j.passenger?.identity].some(
    (who) => over(who?.operator_user_id, 256) || over(who?.travel_pass?.user_id, 128),
  ) || over(j.licence_plate, 32);
}

function database(kind, j) {
  if (kind === "simulate" || kind === "register") {
    if (holdsNul(...Object.values(j))) return "500: U+0000";
    return points(clean(j.operator_journey_id ?? "")) > 255 ? "500: varchar(255)" : "";
  }
  if (holdsNul(...columns(j))) return "500: U+0000";
  if (tooLong(j)) return "500: a column is too narrow";
  if (j.incentives.some((i) => !Number.isInteger(i.amount))) return "500: no integer";
  if (new Set(j.incentives.map((i) => i.index)).size < j.incentives.length) return "500: index";
  return kind === "update" && "incentive_counterparts" in j ? "500: no such column" : "";
}

function order(j) {
  const [start, end] = [new Date(j.start.datetime), new Date(j.end.datetime)];
  return end > new Date() || start > end;
}

function parsed(body) {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

// What the registry answers: "" when it takes the body.
function answer(kind, j) {
  if (j === undefined) return "500: no JSON";
  const check = compiled[kind === "register" ? j.journey_type : kind];
  if (!check) return "400 /journey_type";
  if (!check(j)) return `400 ${[...new Set(check.errors.map((e) => e.instancePath))].join(" ")}`;
  if (kind === "journey") {
    if (order(j)) return "422";
    for (const who of [j.driver.identity, j.passenger.identity]) {
      if (!who.phone && !who.phone_trunc) return "400 no phone";
    }
  }
  return database(kind, j);
}

// ---- the differences that are known ----

const at = (j, path) =>
  path.split(/[.[\]]+/).filter(Boolean).reduce((v, key) => v?.[key], j);
const twice = (body) => {
  let names = 0;
  JSON.parse(body, (key, value) => {
    names += value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.keys(value).length
      : 0;
    return value;
  });
  return names < (body.match(/"(?:[^"\\]|\\.)*":/g) ?? []).length;
};
const trunk = /^\+(33|262|508|590|594|596)0/;

// Refused here, taken there.
const stricter = {
  "members twice": (v) => twice(v.body),
  "exponents and fractions": (v) =>
    typeof v.value === "number" &&
    [...v.body.matchAll(new RegExp(`"${v.leaf}":(-?[0-9][-+0-9.eE]*)`, "g"))].some((m) =>
      /[eE.]/.test(m[1]),
    ),
  "other notations of phones": (v) =>
    /phone/.test(v.leaf) && typeof v.value === "string" &&
    (!/^\+[1-9][0-9]*$/.test(v.value) || trunk.test(v.value)),
  "numbers longer than E.164": (v) =>
    /phone/.test(v.leaf) && String(v.value).length > (v.leaf === "phone" ? 16 : 14),
  "other forms of times": (v) =>
    /FORMAT/.test(v.err) && /datetime|timestamp/.test(v.leaf) &&
    (/ |[+-][0-9]{4}$/.test(v.value) || v.value < "1970"),
  markup: (v) => typeof v.value === "string" && /[<>]/.test(v.value),
  "order of an update": (v) => v.kind === "update" && /ORDER|FUTURE/.test(v.err),
  "U+0000 where nothing is kept": (v) => v.err === "NVT_E_FIELD_NUL",
  "a key that is no text": (v) => v.leaf === "identity_key" && typeof v.value !== "string",
};

// Taken here, refused there: a number of the right length whose range or code nobody was given.
function unassigned(j, said) {
  const paths = said.replace(/^400 /, "").split(" ");
  return paths.every((path) => {
    if (!/\/phone(_trunc)?$/.test(path)) return false;
    const number = at(j, path.slice(1).replaceAll("/", "."));
    if (/^\+33/.test(number)) return false;
    const whole = path.endsWith("trunc") ? `${number}00` : number;
    return !/^\+(262|508|59[046]|68[179])/.test(number) || isPossiblePhoneNumber(whole, "FR");
  });
}

// ---- the comparison ----

const counts = {};
const count = (what) => (counts[what] = (counts[what] ?? 0) + 1);
let wrong = 0;

function differ(v, said) {
  wrong += 1;
  if (wrong <= 10) {
    console.log(`${v.kind}: here ${v.err} at "${v.field}", there "${said || "taken"}":\n${v.body}`);
  }
}

function compare([kind, err, field, body]) {
  const j = parsed(body);
  const said = answer(kind, j);
  const here = err === "NVT_OK";
  const v = { kind, err, field, body, value: at(j, field), leaf: field.split(".").pop() };
  count(here ? "taken" : "refused");
  if (here && said !== "") {
    if (unassigned(j, said)) count("unassigned numbers");
    else differ(v, said);
  } else if (!here && said === "") {
    const excuse = Object.keys(stricter).find((name) => stricter[name](v));
    if (excuse) count(excuse);
    else differ(v, said);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  compare(line.split("\t"));
}
for (const [what, n] of Object.entries(counts)) console.log(`${what}: ${n}`);
console.log(`differences: ${wrong}`);
process.exit(wrong > 0 ? 1 : 0);
