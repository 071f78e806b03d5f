/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Behind the gateway: Legifrance with answers of any size, Judilibre, and Chorus Pro, which
 * answers 200 with codeRetour whatever it thinks of a request.
 */
#include "piste.h"

#include <stdlib.h>
#include <string.h>

#define GENERATED_MIN 128
#define GENERATED_MAX 134217728 /* bytes of a made-up answer */

static json_t *invoices; /* submitted ones, oldest first */
static unsigned deposits;

void piste_health(struct request *r)
{
    reply_text(r, 200, "application/xml;charset=UTF-8",
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<status>ok</status>\n");
    reply_field(r, "Connection", "close");
}

/* ---- Legifrance ---- */

void piste_ping(struct request *r)
{
    reply_text(r, 200, "text/plain;charset=ISO-8859-1", "pong");
}

static void reply_messages(struct request *r, unsigned status, const char *code, const char *text)
{
    reply_json(r, status,
               json_pack("{s:[{s:s,s:s,s:s}]}", "messages", "code", code, "severity", "ERROR",
                         "description", text));
}

/* False when the body is no JSON object: answered. */
static bool has_object(struct request *r)
{
    if (has_type(r, "application/json") && read_json(r) && json_is_object(r->json)) {
        return true;
    }
    reply_messages(r, 400, "C001", "The body is no JSON object");
    return false;
}

/* {"bytes": N, "chunked": true} asks for an answer of N bytes. */
static bool is_made_up(struct request *r)
{
    const json_t *bytes = json_object_get(r->json, "bytes");
    if (!json_is_integer(bytes) || json_integer_value(bytes) < GENERATED_MIN ||
        json_integer_value(bytes) > GENERATED_MAX) {
        return false;
    }
    reply_generated(r, (uint64_t)json_integer_value(bytes),
                    json_is_true(json_object_get(r->json, "chunked")));
    return true;
}

void piste_search(struct request *r)
{
    if (!has_object(r) || is_made_up(r)) {
        return;
    }
    const json_t *search = json_object_get(r->json, "recherche");
    const json_int_t page = json_integer_value(json_object_get(search, "pageNumber"));
    const json_int_t size = json_integer_value(json_object_get(search, "pageSize"));
    if (text_at(r->json, "fond") == NULL || !json_is_object(search)) {
        reply_messages(r, 400, "C002", "fond and recherche are mandatory");
    } else if (size > 100) {
        reply_messages(r, 400, "C003", "pageSize must not exceed 100");
    } else if (page * size > 10000) {
        reply_messages(r, 503, "C004", "Results beyond the 10000th are not served");
    } else {
        reply_json(r, 200,
                   json_pack("{s:i,s:[{s:[{s:s,s:s}],s:s}],s:i,s:[]}", "executionTime", 12,
                             "results", "titles", "id", "LEGITEXT000006070721", "title",
                             "Code civil", "origin", "LEGI", "totalResultNumber", 1, "facets"));
    }
}

void piste_consult(struct request *r)
{
    if (!has_object(r) || is_made_up(r)) {
        return;
    }
    const char *what = r->segments[4];
    const char *id = text_at(r->json, strcmp(what, "getArticle") == 0 ? "id" : "textId");
    if (strcmp(what, "getArticle") != 0 && strcmp(what, "lawDecree") != 0 &&
        strcmp(what, "juri") != 0 && strcmp(what, "code") != 0) {
        reply_messages(r, 404, "C005", "No such service");
    } else if (id == NULL) {
        reply_messages(r, 400, "C002", "The identifier is mandatory");
    } else {
        reply_json(r, 200,
                   json_pack("{s:i,s:{s:s,s:s,s:s}}", "executionTime", 3, "article", "id", id,
                             "num", "1240", "texte",
                             "Tout fait quelconque de l'homme, qui cause à autrui un dommage, "
                             "oblige celui par la faute duquel il est arrivé à le réparer."));
    }
}

/* ---- Judilibre ---- */

void piste_judilibre_health(struct request *r)
{
    reply_json(r, 200, json_pack("{s:s}", "status", "disponible"));
}

void piste_judilibre_search(struct request *r)
{
    const char *page = query_value(r, "page");
    const char *size = query_value(r, "page_size");
    const long at = (page == NULL ? 0L : strtol(page, NULL, 10)) *
                    (size == NULL ? 10L : strtol(size, NULL, 10));
    if (faults.locked > 0U) {
        faults.locked--;
        reply_json(r, 423, json_pack("{s:[{s:s}]}", "errors", "msg", "Locked"));
    } else if (at >= 10000L) {
        reply_json(r, 416, json_pack("{s:[{s:s}]}", "errors", "msg", "Range Not Satisfiable"));
    } else if (query_value(r, "query") == NULL) {
        reply_json(r, 400,
                   json_pack("{s:[{s:s,s:s,s:s}]}", "errors", "msg", "query is missing", "param",
                             "query", "location", "query"));
    } else {
        reply_json(r, 200,
                   json_pack("{s:i,s:i,s:[{s:s,s:s}]}", "page", 0, "total", 1, "results", "id",
                             "5fca7d162a251e6bf9c70b2e", "jurisdiction", "Cour de cassation"));
    }
}

/* ---- Chorus Pro ---- */

static void reply_code(struct request *r, int code, const char *text)
{
    reply_json(r, 200, json_pack("{s:i,s:s}", "codeRetour", code, "libelle", text));
}

/* Gateway's token and the account both; false: answered. */
static bool chorus(struct request *r)
{
    if (!piste_has_account(r)) {
        reply_text(r, 401, "text/html;charset=UTF-8", "<html><body>Unauthorized</body></html>");
        return false;
    }
    return has_object(r);
}

static json_t *invoice_of(const char *number)
{
    for (size_t i = 0; number != NULL && i < json_array_size(invoices); i++) {
        if (same_text(text_at(json_array_get(invoices, i), "numeroFacture"), number)) {
            return json_array_get(invoices, i);
        }
    }
    return NULL;
}

void piste_submit(struct request *r)
{
    if (!chorus(r)) {
        return;
    }
    const char *number = text_at(r->json, "numeroFactureSaisi");
    if (number == NULL || number[0] == '\0') {
        reply_code(r, 20003, "GCU_MSG_01_011 : Le numéro de facture est obligatoire");
        return;
    }
    if (invoice_of(number) != NULL) {
        reply_code(r, 40015, "GDP_MSG_01_015 : Une facture porte déjà ce numéro");
        return;
    }
    char date[32];
    iso_time(now_s(), date);
    json_t *invoice =
        json_pack("{s:s,s:I,s:s,s:s}", "numeroFacture", number, "identifiantFactureCPP",
                  (json_int_t)json_array_size(invoices) + 100200300, "statutFacture", "DEPOSEE",
                  "dateDepot", date);
    (void)json_array_append_new(invoices, invoice);
    json_t *body = json_pack("{s:i,s:s}", "codeRetour", 0, "libelle", "TRA_MSG_00.000");
    if (!faults.no_id) {
        (void)json_object_update(body, invoice);
    }
    reply_json(r, 200, body);
}

void piste_history(struct request *r)
{
    if (!chorus(r)) {
        return;
    }
    const json_t *id = json_object_get(r->json, "idFacture");
    const json_int_t at = json_integer_value(id) - 100200300;
    json_t *invoice = at < 0 ? NULL : json_array_get(invoices, (size_t)at);
    if (invoice == NULL) {
        reply_code(r, 20001, "GCU_MSG_01_001 : Aucune facture ne porte cet identifiant");
        return;
    }
    reply_json(r, 200,
               json_pack("{s:i,s:s,s:O,s:{s:[{s:s}]}}", "codeRetour", 0, "libelle",
                         "TRA_MSG_00.000", "facture", invoice, "historiquesDesStatuts",
                         "histoStatut", "histoStatutCode", "DEPOSEE"));
}

void piste_invoices(struct request *r)
{
    if (chorus(r)) {
        reply_json(r, 200,
                   json_pack("{s:i,s:s,s:O,s:{s:i}}", "codeRetour", 0, "libelle", "TRA_MSG_00.000",
                             "listeFactures", invoices, "parametresRetour", "total",
                             (int)json_array_size(invoices)));
    }
}

/* Files travel in base64 inside the JSON. */
void piste_deposit(struct request *r)
{
    if (!chorus(r)) {
        return;
    }
    const char *file = text_at(r->json, "fichierFlux");
    size_t len = 0;
    char *bytes = file == NULL ? NULL : keep(r, base64_decode(file, &len));
    char date[32];
    iso_time(now_s(), date);
    if (bytes == NULL) {
        reply_code(r, 20002, "GCU_MSG_01_010 : Le fichier est absent ou illisible");
        return;
    }
    reply_json(r, 200,
               json_pack("{s:i,s:s,s:o,s:s,s:I}", "codeRetour", 0, "libelle", "GCU_MSG_01_000",
                         "numeroFluxDepot", json_sprintf("CPP%012u", ++deposits), "dateDepot", date,
                         "tailleFichier", (json_int_t)len));
}

void piste_structures(struct request *r)
{
    if (chorus(r)) {
        reply_json(r, 200,
                   json_pack("{s:i,s:s,s:[{s:i,s:s}]}", "codeRetour", 0, "libelle",
                             "TRA_MSG_00.000", "listeStructures", "idStructureCPP", 26300989,
                             "designationStructure", "Structure d'essai"));
    }
}

/* ---- set-up and state ---- */

bool piste_apis_init(void)
{
    invoices = json_array();
    return invoices != NULL;
}

void piste_apis_state(json_t *out)
{
    (void)json_object_set_new(out, "invoices", json_integer((json_int_t)json_array_size(invoices)));
    (void)json_object_set_new(out, "deposits", json_integer(deposits));
}

void piste_apis_free(void)
{
    json_decref(invoices);
}
