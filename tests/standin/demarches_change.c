/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mutations: the state machine of a dossier, messages, annotations. What is refused comes with 200
 * as a French text in the payload. Messages are counted: nothing keeps a repeat from being sent.
 */
#include "demarches.h"

#include <stdlib.h>
#include <string.h>

static unsigned message_count, decision_count, refusal_count;

/* ---- refusals ---- */

/* {KIND: null, "errors": [{"message": text}]} */
static json_t *refuse(const char *kind, const char *text)
{
    refusal_count++;
    json_t *payload =
        json_pack("{s:s,s:n,s:[{s:s,s:s}]}", "__typename", "Payload", "clientMutationId", "errors",
                  "__typename", "ValidationError", "message", text);
    (void)json_object_set_new(payload, kind, json_null());
    return payload;
}

static json_t *agree(const char *kind, json_t *object)
{
    json_t *payload =
        json_pack("{s:s,s:n,s:n}", "__typename", "Payload", "clientMutationId", "errors");
    (void)json_object_set_new(payload, kind, object);
    return payload;
}

static json_t *refuse_state(const struct dossier *d)
{
    static const char *const words[DOSSIER_STATE_COUNT] = {
        "en construction", "en instruction", "accepté", "refusé", "classé sans suite"};
    char text[64];
    (void)snprintf(text, sizeof text, "Le dossier est déjà %s", words[d->state]);
    return refuse("dossier", text);
}

/* ---- decisions ---- */

struct decision {
    const char *name;
    unsigned from; /* a bit for each state that it starts in */
    enum dossier_state to;
    bool motivated;
};

#define FROM(state) (1U << (unsigned)(state))

static const struct decision decisions[] = {
    {"dossierPasserEnInstruction", FROM(EN_CONSTRUCTION), EN_INSTRUCTION, false},
    {"dossierRepasserEnInstruction", FROM(ACCEPTE) | FROM(REFUSE) | FROM(SANS_SUITE),
     EN_INSTRUCTION, false},
    {"dossierRepasserEnConstruction", FROM(EN_INSTRUCTION), EN_CONSTRUCTION, false},
    {"dossierAccepter", FROM(EN_INSTRUCTION), ACCEPTE, false},
    {"dossierRefuser", FROM(EN_INSTRUCTION), REFUSE, true},
    {"dossierClasserSansSuite", FROM(EN_INSTRUCTION), SANS_SUITE, true}};

static const struct decision *decision_named(const char *name)
{
    for (size_t i = 0; i < sizeof decisions / sizeof decisions[0]; i++) {
        if (strcmp(decisions[i].name, name) == 0) {
            return &decisions[i];
        }
    }
    return NULL;
}

static json_t *decide(const struct decision *how, struct dossier *d, const json_t *input)
{
    const char *motivation = text_at(input, "motivation");
    const char *file = text_at(input, "justificatif");
    const char *refusal = NULL;
    if ((how->from >> (unsigned)d->state & 1U) == 0U) {
        return refuse_state(d);
    }
    if (how->motivated && motivation[0] == '\0') {
        return refuse("dossier", "La motivation doit être remplie");
    }
    json_t *attached = file == NULL ? NULL : demarches_upload_file(file, &refusal);
    if (refusal != NULL) {
        return refuse("dossier", refusal);
    }
    decision_count++;
    d->state = how->to;
    d->updated_s = now_s();
    free(d->motivation);
    d->motivation = motivation == NULL ? NULL : strdup(motivation);
    json_decref(d->attached);
    d->attached = attached;
    return agree("dossier", demarches_dossier_json(d, true));
}

/* ---- filing ---- */

static json_t *archive(struct dossier *d, bool archived)
{
    if (archived && d->state < ACCEPTE) {
        return refuse("dossier",
                      "Un dossier ne peut être déplacé dans « à archiver » qu’une fois le "
                      "traitement terminé");
    }
    d->archived = archived;
    return agree("dossier", demarches_dossier_json(d, true));
}

static json_t *move(struct dossier *d, const json_t *input)
{
    for (int groupe = GROUPE; groupe <= GROUPE + 1; groupe++) {
        json_t *id = demarches_id("GroupeInstructeur", groupe);
        const bool meant = same_text(json_string_value(id), text_at(input, "groupeInstructeurId"));
        json_decref(id);
        if (meant && d->groupe == groupe) {
            return refuse("dossier", "Le dossier est déjà avec le groupe instructeur");
        }
        if (meant) {
            d->groupe = groupe;
            return agree("dossier", demarches_dossier_json(d, true));
        }
    }
    return refuse("dossier", "Le groupe instructeur n’existe pas");
}

/* ---- messages ---- */

static json_t *send_message(struct dossier *d, const json_t *input)
{
    const char *body = text_at(input, "body");
    const char *file = text_at(input, "attachment");
    const char *correction = text_at(input, "correction");
    const char *refusal = NULL;
    if (body[0] == '\0') {
        return refuse("message", "Le message ne peut pas être vide");
    }
    json_t *attached = file == NULL ? NULL : demarches_upload_file(file, &refusal);
    if (refusal != NULL) {
        return refuse("message", refusal);
    }
    message_count++;
    json_t *message = json_pack(
        "{s:s,s:o,s:s,s:s,s:o,s:n,s:O?,s:o,s:o}", "__typename", "Message", "id",
        demarches_id("Commentaire", 5000 + (int)message_count), "email", "i7@service.example",
        "body", body, "createdAt", demarches_time(now_s()), "discardedAt", "attachment", attached,
        "attachments", attached == NULL ? json_array() : json_pack("[O]", attached), "correction",
        correction == NULL ? json_null()
                           : json_pack("{s:s,s:s,s:n}", "__typename", "Correction", "reason",
                                       correction, "dateResolution"));
    json_decref(attached);
    (void)json_array_append(d->messages, message);
    d->updated_s = now_s();
    if (correction != NULL) {
        d->state = EN_CONSTRUCTION;
    }
    return agree("message", message);
}

static json_t *discard_message(const json_t *input)
{
    for (size_t i = 0; i < demarches_count(); i++) {
        const struct dossier *d = demarches_at(i);
        for (size_t m = 0; m < json_array_size(d->messages); m++) {
            json_t *message = json_array_get(d->messages, m);
            if (same_text(text_at(message, "id"), text_at(input, "messageId"))) {
                (void)json_object_set_new(message, "discardedAt", demarches_time(now_s()));
                return agree("message", json_incref(message));
            }
        }
    }
    return refuse("message", "Le message n’existe pas");
}

/* ---- annotations ---- */

static json_t *annotate(struct dossier *d, const json_t *input)
{
    const json_t *all = json_object_get(input, "annotations");
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i);
        const json_t *value = json_object_get(one, "value");
        const char *id = text_at(one, "id");
        if (id == NULL || json_object_get(d->annotations, id) == NULL) {
            char text[120];
            (void)snprintf(text, sizeof text, "L’annotation \"%.60s\" n’existe pas",
                           id == NULL ? "" : id);
            return refuse("annotations", text);
        }
        const char *written = text_at(value, "text");
        (void)json_object_set_new(d->annotations, id,
                                  json_string(written == NULL ? "(valeur)" : written));
    }
    d->updated_s = now_s();
    json_t *body = demarches_dossier_json(d, true);
    json_t *annotations = json_incref(json_object_get(body, "annotations"));
    json_decref(body);
    return agree("annotations", annotations);
}

/* ---- which ---- */

static bool is_change(const char *name)
{
    static const char *const others[] = {"dossierArchiver",
                                         "dossierDesarchiver",
                                         "dossierEnvoyerMessage",
                                         "dossierSupprimerMessage",
                                         "dossierModifierAnnotations",
                                         "createDirectUpload",
                                         "dossierChangerGroupeInstructeur"};
    bool found = decision_named(name) != NULL;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        found = found || strcmp(name, others[i]) == 0;
    }
    return found;
}

/* What the input type wants; NULL: all there. */
static const char *lacks(const char *name, const json_t *input)
{
    const struct decision *how = decision_named(name);
    if (strcmp(name, "dossierSupprimerMessage") == 0) {
        return text_at(input, "messageId") == NULL ? "messageId" : NULL;
    }
    if (text_at(input, "dossierId") == NULL) {
        return "dossierId";
    }
    if (strcmp(name, "createDirectUpload") != 0 &&
        strcmp(name, "dossierChangerGroupeInstructeur") != 0 &&
        text_at(input, "instructeurId") == NULL) {
        return "instructeurId";
    }
    if (how != NULL && how->motivated && text_at(input, "motivation") == NULL) {
        return "motivation";
    }
    return strcmp(name, "dossierEnvoyerMessage") == 0 && text_at(input, "body") == NULL ? "body"
                                                                                        : NULL;
}

static bool is_instructeur(const json_t *input)
{
    bool found = text_at(input, "instructeurId") == NULL;
    for (int n = 7; n <= 8; n++) {
        json_t *id = demarches_id("Instructeur", n);
        found = found || same_text(json_string_value(id), text_at(input, "instructeurId"));
        json_decref(id);
    }
    return found;
}

static json_t *change_dossier(const char *name, struct dossier *d, const json_t *input)
{
    const struct decision *how = decision_named(name);
    if (how != NULL) {
        return decide(how, d, input);
    }
    if (strcmp(name, "dossierEnvoyerMessage") == 0) {
        return send_message(d, input);
    }
    if (strcmp(name, "dossierModifierAnnotations") == 0) {
        return annotate(d, input);
    }
    if (strcmp(name, "dossierChangerGroupeInstructeur") == 0) {
        return move(d, input);
    }
    return archive(d, strcmp(name, "dossierArchiver") == 0);
}

static const char *kind_of(const char *name)
{
    return strstr(name, "Message") != NULL       ? "message"
           : strstr(name, "Annotations") != NULL ? "annotations"
           : strstr(name, "Upload") != NULL      ? "directUpload"
                                                 : "dossier";
}

bool demarches_payload_has(const char *mutation, const char *field)
{
    return strcmp(field, "clientMutationId") == 0 || strcmp(field, "errors") == 0 ||
           strcmp(field, "__typename") == 0 || strcmp(field, kind_of(mutation)) == 0;
}

static json_t *echo(json_t *payload, const json_t *input)
{
    json_t *id = json_object_get(input, "clientMutationId");
    if (payload != NULL && id != NULL) {
        (void)json_object_set(payload, "clientMutationId", id);
    }
    return payload;
}

json_t *demarches_change(struct graphql_run *run, const char *name, const json_t *args, bool writes,
                         json_t *path)
{
    const json_t *input = json_object_get(args, "input");
    if (!is_change(name)) {
        return NULL;
    }
    const char *missing = lacks(name, input);
    if (missing != NULL) {
        char text[200];
        (void)snprintf(text, sizeof text,
                       "Argument 'input' on Field '%s' has an invalid value: '%s' is required",
                       name, missing);
        (void)json_array_append_new(
            run->errors, graphql_error(text, json_deep_copy(path), "argumentLiteralsIncompatible"));
        return json_null();
    }
    if (!writes) {
        return refuse(kind_of(name), "Le jeton utilisé est configuré seulement en lecture");
    }
    if (strcmp(name, "dossierSupprimerMessage") == 0) {
        return echo(discard_message(input), input);
    }
    struct dossier *d = demarches_with_id(text_at(input, "dossierId"));
    if (d == NULL) {
        demarches_fault(run, "Dossier not found", path, "not_found");
        return json_null();
    }
    if (strcmp(name, "createDirectUpload") == 0) {
        return echo(demarches_upload_open(input), input);
    }
    if (!is_instructeur(input)) {
        return refuse(kind_of(name), "L’instructeur n’a pas les droits d’accès à ce dossier");
    }
    return echo(change_dossier(name, d, input), input);
}

void demarches_change_state(json_t *out)
{
    (void)json_object_set_new(out, "messages", json_integer(message_count));
    (void)json_object_set_new(out, "decisions", json_integer(decision_count));
    (void)json_object_set_new(out, "refused_changes", json_integer(refusal_count));
}
