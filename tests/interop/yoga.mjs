// SPDX-License-Identifier: Apache-2.0
// graphql-yoga with a schema of our own in the shape of Demarches simplifiees: demarches, their
// dossiers page by page, decisions, messages, files to attach, stored queries.
//
//   POST /api/v2/graphql     needs the token of --token FILE, in either header form
//   PUT  /store/ID           takes an announced file, from 127.0.0.1 only (another origin)
//   /state                   what was counted and received
//   /control?NAME=VALUE      see control below
//
// Demarche 62515 has 1 000 dossiers, 62516 has 25 of which one cannot be shown and one has a
// broken field, 62517 has none, 62518 exists but is hidden, 62519 is the same as 62515 with long answers.
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { usePersistedOperations } from '@graphql-yoga/plugin-persisted-operations';
import { GraphQLError } from 'graphql';
import { createSchema, createYoga } from 'graphql-yoga';
import { answer, bodyOf, options, serve } from './serve.mjs';

const given = options();
const token = readFileSync(given.token, 'utf8').trim();

const control = {
  timeout_over: 0, // a page of more dossiers ends with the code "timeout"; 0: none
  hang_over: 0, // a page of more dossiers takes hang_ms
  hang_ms: 5000,
  delay_ms: 0, // of every answer
  drop_after: 0, // so many mutations are carried out, their answers lost
  circle: 0, // 1: every page names the same cursor
};
const counts = { queries: 0, stored: 0, pages: 0, plain: 0, token_form: 0, refused: 0, uploads: 0 };
const last = { variables: null, upload: null };
let sizes = [];

const typeDefs = /* GraphQL */ `
  scalar ISO8601DateTime
  enum DossierState { en_construction en_instruction accepte refuse sans_suite }
  enum DemarcheState { brouillon publiee close depubliee }
  type PageInfo {
    hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String
  }
  interface Champ { id: ID! label: String! stringValue: String geometry: String }
  type TextChamp implements Champ {
    id: ID! label: String! stringValue: String geometry: String value: String
  }
  type IntegerNumberChamp implements Champ {
    id: ID! label: String! stringValue: String geometry: String value: Int
  }
  type Message {
    id: ID! body: String! email: String! createdAt: ISO8601DateTime! attached: ID
    correction: String
  }
  type Profile { id: ID! email: String! }
  type Avis { id: ID! question: String! }
  type Traitement { state: DossierState! motivation: String }
  type Dossier {
    id: ID!
    number: Int!
    state: DossierState!
    dateDepot: ISO8601DateTime!
    dateDerniereModification: ISO8601DateTime!
    motivation: String
    champs: [Champ!]!
    annotations: [Champ!]!
    messages: [Message!]!
    instructeurs: [Profile!]!
    avis: [Avis!]!
    traitements: [Traitement!]!
  }
  type DossierEdge { cursor: String! node: Dossier }
  type DossierConnection { edges: [DossierEdge] nodes: [Dossier] pageInfo: PageInfo! }
  type Demarche {
    id: ID!
    number: Int!
    title: String!
    state: DemarcheState!
    dossiers(first: Int, last: Int, after: String, before: String, state: DossierState,
      updatedSince: ISO8601DateTime): DossierConnection!
  }
  type Query {
    demarche(number: Int!): Demarche!
    dossier(number: Int!): Dossier!
    echo(text: String, list: [String!], deep: DeepInput): String!
  }
  input DeepInput { text: String! next: DeepInput }
  type ValidationError { message: String! }
  type DossierPayload { dossier: Dossier clientMutationId: String errors: [ValidationError!] }
  type MessagePayload { message: Message clientMutationId: String errors: [ValidationError!] }
  type DirectUpload { url: String! headers: String! blobId: ID! signedBlobId: ID! }
  type CreateDirectUploadPayload { directUpload: DirectUpload! clientMutationId: String }
  input DossierPasserEnInstructionInput {
    dossierId: ID! instructeurId: ID! disableNotification: Boolean = false clientMutationId: String
  }
  input DossierAccepterInput {
    dossierId: ID! instructeurId: ID! motivation: String justificatif: ID
    disableNotification: Boolean = false clientMutationId: String
  }
  input DossierRefuserInput {
    dossierId: ID! instructeurId: ID! motivation: String! justificatif: ID
    disableNotification: Boolean = false clientMutationId: String
  }
  input DossierClasserSansSuiteInput {
    dossierId: ID! instructeurId: ID! motivation: String! justificatif: ID
    disableNotification: Boolean = false clientMutationId: String
  }
  input DossierEnvoyerMessageInput {
    dossierId: ID! instructeurId: ID! body: String! attachment: ID clientMutationId: String
  }
  input CreateDirectUploadInput {
    dossierId: ID! filename: String! byteSize: Int! checksum: String! contentType: String!
    clientMutationId: String
  }
  type Mutation {
    dossierPasserEnInstruction(input: DossierPasserEnInstructionInput!): DossierPayload
    dossierAccepter(input: DossierAccepterInput!): DossierPayload
    dossierRefuser(input: DossierRefuserInput!): DossierPayload
    dossierClasserSansSuite(input: DossierClasserSansSuiteInput!): DossierPayload
    dossierEnvoyerMessage(input: DossierEnvoyerMessageInput!): MessagePayload
    createDirectUpload(input: CreateDirectUploadInput!): CreateDirectUploadPayload
  }
`;

// Documents that the service keeps. The variables' names and defaults are the real ones'.
const dossierFields = /* GraphQL */ `
  fragment DossierFragment on Dossier {
    id number state dateDepot dateDerniereModification motivation
    champs @include(if: $includeChamps) { ...ChampFragment }
    annotations @include(if: $includeAnotations) { ...ChampFragment }
    messages @include(if: $includeMessages) {
      id body email createdAt attached correction @include(if: $includeCorrections)
    }
    instructeurs @include(if: $includeInstructeurs) { id email }
    avis @include(if: $includeAvis) { id question }
    traitements @include(if: $includeTraitements) { state motivation }
  }
  fragment ChampFragment on Champ {
    id label stringValue geometry @include(if: $includeGeometry)
  }
`;
const switches = `
  $includeChamps: Boolean = true $includeAnotations: Boolean = true
  $includeTraitements: Boolean = true $includeInstructeurs: Boolean = true
  $includeAvis: Boolean = false $includeMessages: Boolean = false
  $includeCorrections: Boolean = false $includeGeometry: Boolean = false
`;
const mutation = (name) => `
  mutation ${name}($input: D${name.slice(1)}Input!) {
    ${name}(input: $input) { dossier { id state } errors { message } }
  }`;
const stored = {
  'ds-query-v2': /* GraphQL */ `
    query getDemarche($demarcheNumber: Int! $state: DossierState $first: Int $last: Int
      $before: String $after: String $updatedSince: ISO8601DateTime
      $includeDossiers: Boolean = false
      ${switches}
    ) {
      demarche(number: $demarcheNumber) {
        id number title state
        dossiers(state: $state first: $first last: $last before: $before after: $after
          updatedSince: $updatedSince) @include(if: $includeDossiers) {
          pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
          nodes { ...DossierFragment }
        }
      }
    }
    query getDossier($dossierNumber: Int! ${switches}) {
      dossier(number: $dossierNumber) { ...DossierFragment }
    }
    ${dossierFields}`,
  'ds-mutation-v2':
    ['dossierPasserEnInstruction', 'dossierAccepter', 'dossierRefuser', 'dossierClasserSansSuite']
      .map(mutation)
      .join('\n') +
    `
    mutation dossierEnvoyerMessage($input: DossierEnvoyerMessageInput!) {
      dossierEnvoyerMessage(input: $input) { message { id createdAt } errors { message } }
    }
    mutation createDirectUpload($input: CreateDirectUploadInput!) {
      createDirectUpload(input: $input) { directUpload { url headers blobId signedBlobId } }
    }`,
};

// ---- data ----

const idOf = (kind, number) => Buffer.from(`${kind}-${number}`).toString('base64');
const states = ['en_construction', 'en_instruction', 'accepte', 'refuse', 'sans_suite'];
const minutes = (n) => String(Math.floor(n) % 60).padStart(2, '0');

function makeDossiers(count, from, filler = '') {
  return Array.from({ length: count }, (_, i) => ({
    number: from + i,
    id: idOf('Dossier', from + i),
    state: states[i % states.length],
    // Ten at a time in the same second: the cursor must tell them apart.
    dateDepot: `2026-01-02T03:${minutes(i / 600)}:${minutes(i / 10)}+01:00`,
    dateDerniereModification: `2026-02-0${1 + (i % 7)}T00:00:00+01:00`,
    motivation: null,
    champs: [
      {
        __typename: 'TextChamp',
        id: idOf('Champ', 1),
        label: 'Objet de l’aide',
        stringValue: `ligne « ${i} »\n"\\\t😀 é ${filler}`,
      },
      {
        __typename: 'IntegerNumberChamp',
        id: idOf('Champ', 2),
        label: 'Montant',
        stringValue: String(i),
        value: i,
      },
    ],
    annotations: [],
    messages: [],
    instructeurs: [{ id: idOf('Instructeur', 7), email: 'instructeur@interop.example' }],
    avis: [],
    traitements: [],
  }));
}
const demarches = new Map(
  [
    [62515, 'Covoiturage du quotidien', makeDossiers(1000, 5001)],
    [62516, 'Démarche abîmée', makeDossiers(25, 9001)],
    [62517, 'Démarche sans dossier', []],
    [62519, 'Longues réponses', makeDossiers(60, 9501, 'é'.repeat(6000))],
  ].map(([number, title, dossiers]) => [
    number,
    { id: idOf('Procedure', number), number, title, state: 'publiee', all: dossiers },
  ]),
);
const hole = demarches.get(62516).all[7];
const broken = demarches.get(62516).all[12];
const dossiers = new Map([...demarches.values()].flatMap((d) => d.all).map((d) => [d.number, d]));

const wrong = (message, code) => new GraphQLError(message, { extensions: { code } });
const cursorOf = (dossier, key) =>
  Buffer.from(`${dossier[key]};${dossier.number}`).toString('base64');
const hidden = (type) =>
  wrong(`An object of type ${type} was hidden due to permissions`, 'unauthorized');
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function page(demarche, args) {
  const first = Math.min(args.first ?? 100, 100);
  if (args.first !== undefined && args.last !== undefined) {
    throw wrong('first and last exclude each other', 'bad_request');
  }
  if ((args.first ?? 0) < 0) throw wrong('first must not be negative', 'bad_request');
  counts.pages += 1;
  sizes.push(first);
  if (control.timeout_over > 0 && first > control.timeout_over) {
    throw wrong('Timeout on Demarche.dossiers', 'timeout');
  }
  if (control.hang_over > 0 && first > control.hang_over) await pause(control.hang_ms);
  const key = args.updatedSince ? 'dateDerniereModification' : 'dateDepot';
  const place = (d) => [Date.parse(d[key]), d.number];
  const before = (a, b) => a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
  let list = demarche.all
    .filter((d) => !args.state || d.state === args.state)
    .filter((d) => !args.updatedSince || Date.parse(d[key]) >= Date.parse(args.updatedSince))
    .sort((a, b) => (before(place(a), place(b)) ? -1 : 1));
  if (args.after) {
    const [time, number] = Buffer.from(args.after, 'base64').toString().split(';');
    if (!number) throw wrong('Invalid cursor', 'bad_request');
    list = list.filter((d) => before([Date.parse(time), Number(number)], place(d)));
  }
  const nodes = list.slice(0, first);
  const end = nodes.length > 0 ? cursorOf(nodes[nodes.length - 1], key) : null;
  return {
    nodes: nodes.map((d) => (d === hole ? hidden('Dossier') : d)),
    edges: nodes.map((d) => ({ cursor: cursorOf(d, key), node: d })),
    pageInfo: {
      hasNextPage: control.circle ? true : list.length > nodes.length,
      hasPreviousPage: Boolean(args.after),
      startCursor: nodes.length > 0 ? cursorOf(nodes[0], key) : null,
      endCursor: control.circle ? cursorOf(demarche.all[9], key) : end,
    },
  };
}

// ---- decisions ----

const uploads = new Map();
const refusal = (message) => ({ dossier: null, message: null, errors: [{ message }] });

function decide(input, from, to) {
  const dossier = [...dossiers.values()].find((d) => d.id === input.dossierId);
  if (!dossier) throw wrong('DossierConnection not found', 'not_found');
  if (input.justificatif && uploads.get(input.justificatif)?.stored !== true) {
    return refusal('Le justificatif n’est pas arrivé');
  }
  if (dossier.state !== from) {
    return refusal(`Le dossier est déjà ${dossier.state.replaceAll('_', ' ')}`);
  }
  dossier.state = to;
  dossier.motivation = input.motivation ?? null;
  dossier.traitements.push({ state: to, motivation: dossier.motivation });
  return { dossier, errors: null };
}

let base = '';
const resolvers = {
  Query: {
    demarche(_, { number }, { known }) {
      if (number === 62518 || !known) throw hidden('Demarche');
      const demarche = demarches.get(number);
      if (!demarche) throw wrong('Demarche not found', 'not_found');
      return demarche;
    },
    dossier(_, { number }, { known }) {
      if (!known) throw hidden('Dossier');
      const dossier = dossiers.get(number);
      if (!dossier) throw wrong('Dossier not found', 'not_found');
      return dossier;
    },
    echo: (_, args) => JSON.stringify(args),
  },
  Demarche: { dossiers: page },
  Champ: { __resolveType: (champ) => champ.__typename },
  Dossier: {
    champs(dossier) {
      if (dossier === broken) throw wrong('Cannot return null for a field', 'invalid_null');
      return dossier.champs;
    },
  },
  Mutation: {
    dossierPasserEnInstruction: (_, { input }) => decide(input, 'en_construction', 'en_instruction'),
    dossierAccepter: (_, { input }) => decide(input, 'en_instruction', 'accepte'),
    dossierRefuser: (_, { input }) => decide(input, 'en_instruction', 'refuse'),
    dossierClasserSansSuite: (_, { input }) => decide(input, 'en_instruction', 'sans_suite'),
    dossierEnvoyerMessage(_, { input }) {
      const dossier = [...dossiers.values()].find((d) => d.id === input.dossierId);
      if (!dossier) return refusal('Le dossier n’existe pas');
      if (input.attachment && uploads.get(input.attachment)?.stored !== true) {
        return refusal('La pièce jointe n’est pas arrivée');
      }
      const message = {
        id: idOf('Commentaire', dossier.messages.length + 1),
        body: input.body,
        email: 'instructeur@interop.example',
        createdAt: new Date().toISOString(),
        attached: input.attachment ?? null,
      };
      dossier.messages.push(message);
      return { message, errors: null };
    },
    createDirectUpload(_, { input }) {
      const id = randomUUID();
      const signedBlobId = `${Buffer.from(id).toString('base64')}--${'0123456789abcdef'.repeat(4)}`;
      uploads.set(signedBlobId, { ...input, id, stored: false });
      return {
        directUpload: {
          url: `${base.replace('localhost', '127.0.0.1')}/store/${id}?temp_url_sig=a%2Fb&x=1`,
          headers: JSON.stringify({
            'Content-Type': input.contentType,
            'Content-MD5': input.checksum,
            'Content-Disposition': `inline; filename="${encodeURIComponent(input.filename)}"`,
          }),
          blobId: id,
          signedBlobId,
        },
      };
    },
  },
};

// ---- requests ----

function forbidden(response) {
  const message = 'Without a token, only persisted queries are allowed';
  answer(response, 403, { errors: [{ message, extensions: { code: 'forbidden' } }], data: null });
}

// The forms that Rails' token authentication takes: Bearer x, Bearer token=x, Bearer token="x".
function isKnown(request) {
  const field = request.headers.authorization ?? '';
  const [, named, , text] = /^(?:Bearer|Token) (token=)?("?)(\S+?)\2$/.exec(field) ?? [];
  counts[text !== token ? 'refused' : named ? 'token_form' : 'plain'] += 1;
  return text === token;
}

function isStored(body) {
  try {
    return Boolean(JSON.parse(body).queryId);
  } catch {
    return false;
  }
}

async function takeFile(request, response, id) {
  const bytes = await bodyOf(request);
  const upload = [...uploads.values()].find((u) => u.id === id);
  const sum = createHash('md5').update(bytes).digest('base64');
  last.upload = {
    host: request.headers.host,
    query: request.url.split('?')[1],
    authorization: request.headers.authorization ?? null,
    type: request.headers['content-type'],
    md5: request.headers['content-md5'],
    disposition: request.headers['content-disposition'],
    bytes: bytes.length,
    sum,
  };
  const good =
    upload &&
    sum === upload.checksum &&
    bytes.length === upload.byteSize &&
    request.headers['content-type'] === upload.contentType &&
    request.headers['content-md5'] === upload.checksum &&
    request.headers.host.startsWith('127.0.0.1:') &&
    !request.headers.authorization;
  if (good) upload.stored = true;
  counts.uploads += good ? 1 : 0;
  response.writeHead(good ? 204 : 422, { 'Content-Type': 'text/plain' });
  response.end();
}

await serve(given, (url) => {
  base = url;
  const yoga = createYoga({
    schema: createSchema({ typeDefs, resolvers }),
    graphqlEndpoint: '/api/v2/graphql',
    extraParamNames: ['queryId'],
    maskedErrors: false,
    logging: false,
    landingPage: false,
    graphiql: false,
    plugins: [
      usePersistedOperations({
        allowArbitraryOperations: true,
        extractPersistedOperationId: (params) => params.queryId ?? null,
        getPersistedOperation(id) {
          counts.stored += 1;
          return stored[id] ?? null;
        },
        customErrors: {
          notFound: {
            message: 'Internal Server Error',
            extensions: { code: 'internal_server_error', http: { status: 500 } },
          },
        },
      }),
      {
        onParams({ params }) {
          counts.queries += 1;
          last.variables = params.variables ?? null;
        },
      },
    ],
  });

  return async (request, response) => {
    const at = new URL(request.url, url);
    if (at.pathname === '/state') return answer(response, 200, { ...counts, sizes, ...last });
    if (at.pathname === '/control') {
      for (const [name, value] of at.searchParams) control[name] = Number(value);
      sizes = [];
      return answer(response, 200, control);
    }
    if (at.pathname.startsWith('/store/')) return takeFile(request, response, at.pathname.slice(7));
    if (at.pathname !== '/api/v2/graphql') return answer(response, 404, 'not found');
    const body = await bodyOf(request);
    const known = isKnown(request);
    if (!known && !isStored(body)) {
      return forbidden(response);
    }
    if (control.delay_ms > 0) await pause(control.delay_ms);
    const reply = await yoga.fetch(at.href, {
      method: request.method,
      headers: request.headers,
      body: request.method === 'POST' ? body : undefined,
    }, { known });
    if (control.drop_after > 0 && /mutation|"ds-mutation/.test(body)) {
      control.drop_after -= 1;
      await reply.text();
      return request.socket.destroy();
    }
    response.writeHead(reply.status, { 'Content-Type': 'application/json; charset=utf-8' });
    return response.end(await reply.text());
  };
});
