/* SPDX-License-Identifier: Apache-2.0 */
/* One demarche with up to 1000 dossiers, and how each object of them is told. */
#include "demarches.h"

#include <stdlib.h>
#include <string.h>

#define STARTED_S 1767258000 /* 2026-01-01T09:00:00Z */

const char *const dossier_state_names[DOSSIER_STATE_COUNT] = {"en_construction", "en_instruction",
                                                              "accepte", "refuse", "sans_suite"};

static struct dossier dossiers[DOSSIERS_MAX];
static size_t dossier_count;

/* ---- the dossiers ---- */

static void free_dossier(struct dossier *d)
{
    free(d->motivation);
    json_decref(d->messages);
    json_decref(d->annotations);
    json_decref(d->attached);
    json_decref(d->labels);
}

void demarches_data_free(void)
{
    for (size_t i = 0; i < dossier_count; i++) {
        free_dossier(&dossiers[i]);
    }
    dossier_count = 0;
}

static json_t *first_message(int number)
{
    return json_pack(
        "{s:s,s:o,s:s,s:s,s:o,s:n,s:[],s:n,s:n}", "__typename", "Message", "id",
        demarches_id("Commentaire", number), "email", "contact@demarches-simplifiees.fr", "body",
        "[Votre dossier a bien été déposé] Bonjour, votre dossier a été reçu.", "createdAt",
        demarches_time(STARTED_S), "discardedAt", "attachments", "attachment", "correction");
}

/* Deposits a minute apart; changes in another order than deposits. */
static void make_dossiers(size_t count)
{
    demarches_data_free();
    for (size_t i = 0; i < count; i++) {
        struct dossier *d = &dossiers[i];
        memset(d, 0, sizeof *d);
        d->number = DOSSIER_FIRST + (int)i;
        d->state = (enum dossier_state)(i % DOSSIER_STATE_COUNT);
        d->deposed_s = STARTED_S + (int64_t)i * 61;
        d->updated_s = d->deposed_s + (int64_t)(i * 7919U % 100000U);
        d->groupe = GROUPE + (i % 4U == 3U ? 1 : 0);
        d->messages = json_pack("[o]", first_message(d->number));
        d->annotations = json_pack("{s:s,s:n}", "Q2hhbXAtMTAx", "à relire", "Q2hhbXAtMTAy");
        d->labels = json_array();
    }
    dossier_count = count;
}

size_t demarches_count(void)
{
    const size_t wanted = options.dossiers > DOSSIERS_MAX ? DOSSIERS_MAX : options.dossiers;
    if (wanted != dossier_count) {
        make_dossiers(wanted);
    }
    return dossier_count;
}

struct dossier *demarches_at(size_t index)
{
    return &dossiers[index];
}

struct dossier *demarches_numbered(json_int_t number)
{
    const json_int_t at = number - DOSSIER_FIRST;
    return at >= 0 && (size_t)at < demarches_count() ? &dossiers[at] : NULL;
}

struct dossier *demarches_with_id(const char *id)
{
    size_t len = 0;
    char *text = id == NULL ? NULL : base64_decode(id, &len);
    struct dossier *d = NULL;
    if (text != NULL && strncmp(text, "Dossier-", 8) == 0) {
        d = demarches_numbered(strtol(text + 8, NULL, 10));
    }
    free(text);
    return d;
}

/* ---- scalars ---- */

json_t *demarches_id(const char *type, int number)
{
    char text[64];
    (void)snprintf(text, sizeof text, "%s-%d", type, number);
    char *id = base64_of(text, strlen(text));
    json_t *value = json_string(id == NULL ? "" : id);
    free(id);
    return value;
}

/* ISO 8601 with the offset of Paris in winter. */
json_t *demarches_time(int64_t s)
{
    char text[40];
    iso_time(s + 3600, text);
    (void)snprintf(text + 19, sizeof text - 19U, "+01:00");
    return json_string(text);
}

/* ---- people ---- */

json_t *demarches_profile_json(const char *type, int number)
{
    return json_pack("{s:s,s:o,s:o}", "__typename", "Profile", "id", demarches_id(type, number),
                     "email",
                     json_sprintf("%s%d@service.example", type[0] == 'I' ? "i" : "u", number));
}

json_t *demarches_groupe_json(int number, bool with_dossiers)
{
    return json_pack("{s:s,s:o,s:i,s:s,s:b,s:[o,o]}", "__typename",
                     with_dossiers ? "GroupeInstructeurWithDossiers" : "GroupeInstructeur", "id",
                     demarches_id("GroupeInstructeur", number), "number", number, "label",
                     number == GROUPE ? "défaut" : "Finistère", "closed", 0, "instructeurs",
                     demarches_profile_json("Instructeur", 7),
                     demarches_profile_json("Instructeur", 8));
}

static json_t *person_json(int number)
{
    if (number % 3 != 0) {
        return json_pack("{s:s,s:o,s:s,s:s,s:s,s:n,s:n}", "__typename", "PersonnePhysique", "id",
                         demarches_id("Individual", number), "civilite", "Mme", "nom", "L’Hermitte",
                         "prenom", "Zoé", "dateDeNaissance", "email");
    }
    return json_pack("{s:s,s:o,s:s,s:b,s:s,s:s,s:{s:s,s:s,s:s,s:s}}", "__typename",
                     "PersonneMorale", "id", demarches_id("Etablissement", number), "siret",
                     "13002526500013", "siegeSocial", 1, "naf", "8411Z", "libelleNaf",
                     "Administration publique générale", "address", "__typename", "Address",
                     "label", "20 Avenue de Ségur 75007 Paris", "postalCode", "75007", "cityName",
                     "Paris");
}

/* ---- dossiers ---- */

static json_t *champ_json(const char *type, int n, const char *label, const char *text, int64_t s)
{
    char id[16];
    (void)snprintf(id, sizeof id, "Champ-%d", n);
    json_t *champ = json_pack("{s:s,s:o,s:o,s:s,s:s?,s:b,s:[],s:o}", "__typename", type, "id",
                              demarches_id("Champ", n), "champDescriptorId",
                              demarches_id("Champ", n), "label", label, "stringValue", text,
                              "prefilled", 0, "columns", "updatedAt", demarches_time(s));
    if (strcmp(type, "CheckboxChamp") == 0) {
        (void)json_object_set_new(champ, "checked", json_boolean(same_text(text, "Oui")));
        (void)json_object_set_new(champ, "value", json_boolean(same_text(text, "Oui")));
    } else {
        (void)json_object_set_new(champ, "value", text == NULL ? json_null() : json_string(text));
    }
    return champ;
}

/* The columns tell the files once more. */
static json_t *files_champ(const struct dossier *d, int n, const char *where)
{
    json_t *champ = champ_json("PieceJustificativeChamp", n, "Pièces", NULL, d->deposed_s);
    json_t *files = demarches_files(d->number, where);
    (void)json_object_set_new(
        champ, "columns",
        json_pack("[{s:s,s:O}]", "__typename", "AttachmentsColumn", "value", files));
    (void)json_object_set_new(champ, "files", files);
    return champ;
}

static json_t *champs_json(const struct dossier *d)
{
    char text[64];
    (void)snprintf(text, sizeof text, "Projet n° %d \"à voir\"", d->number);
    json_t *list = json_array();
    (void)json_array_append_new(list, champ_json("TextChamp", 11, "Intitulé", text, d->deposed_s));
    (void)json_array_append_new(list, champ_json("TextChamp", 12, "Description",
                                                 "Ligne 1\nLigne 2\tet une tabulation\\ : l’été, "
                                                 "10 € ou 12 € ?",
                                                 d->deposed_s));
    (void)json_array_append_new(list,
                                champ_json("CheckboxChamp", 13, "J’accepte", "Oui", d->deposed_s));
    (void)json_array_append_new(list,
                                champ_json("TextChamp", 14, "Facultatif", NULL, d->deposed_s));
    (void)json_array_append_new(list, files_champ(d, 15, "champ"));
    return list;
}

static json_t *annotations_json(const struct dossier *d)
{
    json_t *list = json_array();
    (void)json_array_append_new(list,
                                champ_json("TextChamp", 101, "Avis interne",
                                           text_at(d->annotations, "Q2hhbXAtMTAx"), d->updated_s));
    (void)json_array_append_new(list,
                                champ_json("TextChamp", 102, "Montant",
                                           text_at(d->annotations, "Q2hhbXAtMTAy"), d->updated_s));
    (void)json_array_append_new(list, files_champ(d, 103, "annotation"));
    return list;
}

static json_t *traitements_json(const struct dossier *d)
{
    json_t *list = json_array();
    for (int s = EN_CONSTRUCTION; s <= (int)d->state && s <= (int)EN_INSTRUCTION; s++) {
        (void)json_array_append_new(
            list, json_pack("{s:s,s:o,s:s,s:s,s:n,s:o,s:n}", "__typename", "Traitement", "id",
                            demarches_id("Traitement", d->number * 10 + s), "state",
                            dossier_state_names[s], "event",
                            s == EN_CONSTRUCTION ? "depose" : "passe_en_instruction",
                            "emailAgentTraitant", "dateTraitement",
                            demarches_time(d->deposed_s + s * 3600L), "motivation"));
    }
    return list;
}

/* Made anew for each reader: no size and no sum, and an address of the service's own. */
static json_t *pdf_json(int number)
{
    static unsigned readers;
    return json_pack("{s:s,s:o,s:s,s:s,s:i,s:s,s:o,s:s,s:o}", "__typename", "File", "filename",
                     json_sprintf("dossier-%d.pdf", number), "contentType", "application/pdf",
                     "checksum", "", "byteSize", 0, "byteSizeBigInt", "0", "url",
                     json_sprintf("https://localhost:%u/api/v2/dossiers/pdf/%d-%u", core_port(),
                                  number, ++readers),
                     "virusScanResult", "pending", "createdAt", demarches_time(now_s()));
}

static void add_dates(json_t *body, const struct dossier *d)
{
    static const char *const never[] = {"dateSuppressionParUsager",
                                        "dateSuppressionParAdministration",
                                        "dateDerniereCorrectionEnAttente",
                                        "dateExpiration",
                                        "datePrevisionnelleDecisionSVASVR",
                                        "dateTraitementSVASVR",
                                        "nomMandataire",
                                        "prenomMandataire",
                                        "geojson"};
    const bool taken = d->state != EN_CONSTRUCTION;
    const bool decided = d->state >= ACCEPTE;
    (void)json_object_set_new(body, "dateDepot", demarches_time(d->deposed_s));
    (void)json_object_set_new(body, "datePassageEnConstruction", demarches_time(d->deposed_s));
    (void)json_object_set_new(body, "datePassageEnInstruction",
                              taken ? demarches_time(d->deposed_s + 3600) : json_null());
    (void)json_object_set_new(body, "dateTraitement",
                              decided ? demarches_time(d->updated_s) : json_null());
    (void)json_object_set_new(body, "dateDerniereModification", demarches_time(d->updated_s));
    (void)json_object_set_new(body, "dateDerniereModificationChamps", demarches_time(d->deposed_s));
    (void)json_object_set_new(body, "dateDerniereModificationAnnotations",
                              demarches_time(d->updated_s));
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        (void)json_object_set_new(body, never[i], json_null());
    }
    json_t *attestation = demarches_files(d->number, "attestation");
    (void)json_object_set(body, "attestation",
                          d->state == ACCEPTE && json_array_size(attestation) > 0U
                              ? json_array_get(attestation, 0)
                              : json_null());
    json_decref(attestation);
}

/* What was attached to the first one. */
static json_t *messages_json(const struct dossier *d)
{
    json_t *messages = json_deep_copy(d->messages);
    (void)json_object_set_new(json_array_get(messages, 0), "attachments",
                              demarches_files(d->number, "message"));
    return messages;
}

json_t *demarches_dossier_json(const struct dossier *d, bool whole)
{
    json_t *body = json_pack("{s:s,s:o,s:i,s:s,s:b,s:b,s:b,s:s?,s:O?}", "__typename", "Dossier",
                             "id", demarches_id("Dossier", d->number), "number", d->number, "state",
                             dossier_state_names[d->state], "archived", (int)d->archived,
                             "prefilled", 0, "deposeParUnTiers", 0, "motivation", d->motivation,
                             "motivationAttachment", d->attached);
    add_dates(body, d);
    if (!whole) {
        return body;
    }
    (void)json_object_set_new(body, "usager", demarches_profile_json("User", d->number));
    (void)json_object_set_new(body, "connectionUsager", json_string("password"));
    (void)json_object_set_new(body, "groupeInstructeur", demarches_groupe_json(d->groupe, false));
    (void)json_object_set_new(body, "demandeur", person_json(d->number));
    (void)json_object_set_new(body, "instructeurs",
                              json_pack("[o]", demarches_profile_json("Instructeur", 7)));
    (void)json_object_set_new(body, "champs", champs_json(d));
    (void)json_object_set_new(body, "annotations", annotations_json(d));
    (void)json_object_set_new(body, "traitements", traitements_json(d));
    (void)json_object_set_new(body, "messages", messages_json(d));
    (void)json_object_set_new(body, "avis",
                              json_pack("[{s:s,s:o,s:o}]", "__typename", "Avis", "id",
                                        demarches_id("Avis", d->number), "attachments",
                                        demarches_files(d->number, "avis")));
    (void)json_object_set(body, "labels", d->labels);
    (void)json_object_set_new(body, "pdf", pdf_json(d->number));
    (void)json_object_set_new(body, "demarche", demarches_descriptor_json());
    return body;
}

/* ---- the demarche ---- */

static json_t *descriptor_of(const char *type, int n, const char *label)
{
    return json_pack("{s:s,s:o,s:s,s:s,s:b}", "__typename", type, "id", demarches_id("Champ", n),
                     "label", label, "description", "", "required", n == 11);
}

static json_t *revision_json(void)
{
    return json_pack("{s:s,s:o,s:o,s:o,s:[o,o,o,o],s:[o,o]}", "__typename", "Revision", "id",
                     demarches_id("Revision", 41), "dateCreation", demarches_time(STARTED_S - 9000),
                     "datePublication", demarches_time(STARTED_S - 5000), "champDescriptors",
                     descriptor_of("TextChampDescriptor", 11, "Intitulé"),
                     descriptor_of("TextareaChampDescriptor", 12, "Description"),
                     descriptor_of("CheckboxChampDescriptor", 13, "J’accepte"),
                     descriptor_of("TextChampDescriptor", 14, "Facultatif"),
                     "annotationDescriptors",
                     descriptor_of("TextChampDescriptor", 101, "Avis interne"),
                     descriptor_of("TextChampDescriptor", 102, "Montant"));
}

static json_t *service_json(void)
{
    return json_pack("{s:s,s:o,s:s,s:s,s:s,s:s}", "__typename", "Service", "id",
                     demarches_id("Service", 4), "nom", "Service d’essai", "organisme",
                     "Préfecture", "siret", "13002526500013", "typeOrganisme",
                     "service_deconcentre_de_l_etat");
}

static json_t *common_json(const char *type)
{
    return json_pack("{s:s,s:o,s:i,s:s,s:s,s:s,s:n,s:o,s:o,s:o,s:n,s:n,s:o}", "__typename", type,
                     "id", demarches_id("Procedure", DEMARCHE), "number", DEMARCHE, "title",
                     "Démarche d’essai : « projets »", "description", "Pour les essais.", "state",
                     "publiee", "declarative", "dateCreation", demarches_time(STARTED_S - 9000),
                     "datePublication", demarches_time(STARTED_S - 5000),
                     "dateDerniereModification", demarches_time(STARTED_S), "dateDepublication",
                     "dateFermeture", "service", service_json());
}

json_t *demarches_demarche_json(void)
{
    json_t *body = common_json("Demarche");
    (void)json_object_set_new(body, "activeRevision", revision_json());
    (void)json_object_set_new(body, "publishedRevision", revision_json());
    (void)json_object_set_new(body, "draftRevision", revision_json());
    (void)json_object_set_new(body, "revisions", json_pack("[o]", revision_json()));
    (void)json_object_set_new(body, "groupeInstructeurs",
                              json_pack("[o,o]", demarches_groupe_json(GROUPE, false),
                                        demarches_groupe_json(GROUPE + 1, false)));
    (void)json_object_set_new(body, "labels",
                              json_pack("[{s:s,s:o,s:s,s:s}]", "__typename", "Label", "id",
                                        demarches_id("Label", 1), "name", "à examiner", "color",
                                        "green_tilleul_verveine"));
    (void)json_object_set_new(body, "administrateurs",
                              json_pack("[o]", demarches_profile_json("Administrateur", 2)));
    (void)json_object_set_new(body, "chorusConfiguration", json_null());
    return body;
}

json_t *demarches_descriptor_json(void)
{
    json_t *body = common_json("DemarcheDescriptor");
    (void)json_object_set_new(body, "revision", revision_json());
    (void)json_object_set_new(body, "opendata", json_true());
    (void)json_object_set_new(body, "dureeConservationDossiers", json_integer(12));
    (void)json_object_set_new(body, "tags", json_pack("[s]", "essai"));
    (void)json_object_set_new(body, "zones", json_array());
    (void)json_object_set_new(body, "demarcheURL",
                              json_string("https://www.demarches-simplifiees.fr/commencer/essai"));
    return body;
}
