/* SPDX-License-Identifier: Apache-2.0 */
/* Demarches simplifiees: decisions on a dossier, and messages to its citizen. */
#include "demarches_text.h"

/* What each mutation's input takes (input types Dossier...Input of the schema). */
struct verb {
    const char *operation;
    const char *text;       /* its name for the text, "": takes none */
    const char *attachment; /* and for the attachment */
    const char *state;      /* of the dossier afterwards */
    bool text_required;
};

static const struct verb verbs[] = {
    {"dossierPasserEnInstruction", "", "", "en_instruction", false},
    {"dossierAccepter", "motivation", "justificatif", "accepte", false},
    {"dossierRefuser", "motivation", "justificatif", "refuse", true},
    {"dossierClasserSansSuite", "motivation", "justificatif", "sans_suite", true},
    {"dossierRepasserEnInstruction", "", "", "en_instruction", false},
    {"dossierRepasserEnConstruction", "", "", "en_construction", false},
    {"dossierEnvoyerMessage", "body", "attachment", "", true},
};

static const struct verb *find_verb(enum nvt_demarches_verb verb)
{
    return (size_t)verb < sizeof verbs / sizeof verbs[0] ? &verbs[verb] : NULL;
}

static nvt_err check(const struct verb *verb, const struct nvt_demarches_act *act)
{
    if (act->dossier_id.len == 0U || act->instructeur_id.len == 0U ||
        (verb->text_required && act->text.len == 0U)) {
        return NVT_E_FIELD_MISSING;
    }
    bool unknown = (verb->text[0] == '\0' && act->text.len > 0U) ||
                   (verb->attachment[0] == '\0' && act->attachment.len > 0U) ||
                   (verb->state[0] == '\0' && act->silent);
    return unknown ? NVT_E_FIELD_UNKNOWN : NVT_OK;
}

nvt_err nvt_demarches_act(struct nvt_call *call, struct nvt_demarches_request *r,
                          const struct nvt_demarches_act *act)
{
    struct nvt_json_writer w;
    const struct verb *verb = find_verb(act->verb);
    nvt_err err = verb == NULL ? NVT_E_ARG : check(verb, act);
    if (err != NVT_OK) {
        return err;
    }
    nvt_demarches_open(r, &w, NVT_DEMARCHES_MUTATIONS, verb->operation);
    nvt_demarches_name(&w, "input");
    nvt_json_begin_object(&w);
    nvt_demarches_put(&w, "dossierId", act->dossier_id);
    nvt_demarches_put(&w, "instructeurId", act->instructeur_id);
    nvt_demarches_put(&w, verb->text, act->text);
    nvt_demarches_put(&w, verb->attachment, act->attachment);
    if (act->silent) {
        nvt_demarches_name(&w, "disableNotification");
        nvt_json_put_bool(&w, true);
    }
    nvt_json_end_object(&w);
    return nvt_demarches_send(call, r, &w, false);
}

const char *nvt_demarches_state_after(enum nvt_demarches_verb verb)
{
    const struct verb *found = find_verb(verb);
    return found == NULL ? "" : found->state;
}
