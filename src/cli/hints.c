/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What to do about a failure: one sentence for each system and status, or error, or code of the
 * server. In the command alone, so that firmware does not carry it.
 */
#include "hints.h"

#include <stdlib.h>
#include <string.h>

const struct hint cli_hints[] = {
    /* Whoever answered so is no system: before all rows of theirs. */
    {NULL, 0, NVT_E_FRONT, NULL,
     "A firewall, a proxy or a captive portal answered in its place: compare what is shown with "
     "its usual pages, and try again from another network if it stays so",
     "Un pare-feu, un serveur mandataire ou un portail captif a répondu à sa place : comparez le "
     "message à ses pages habituelles, et réessayez depuis un autre réseau si cela persiste"},
    {NULL, 0, NVT_E_ROUTE, NULL,
     "There is no such version of the registry's API: check the base URL, and that the version is "
     "v3.3, since routes of others answer with an empty 404",
     "Cette version de l’API du registre n’existe pas à cette adresse : vérifiez l’adresse de base "
     "et que la version est v3.3, les routes des autres répondent par un 404 vide"},
    {NULL, 0, NVT_E_ANSWER, HINT_HARMLESS,
     "Nothing was taken for an answer, and asking again does no harm: compare the base URL with "
     "the system's documentation",
     "Rien n’a été considéré comme une réponse, et redemander est sans risque : comparez l’adresse "
     "de base à la documentation du système"},
    {NULL, 0, NVT_E_ANSWER, NULL,
     "Nothing was taken for done: look up what became of it before sending it again, and compare "
     "the base URL with the system's documentation",
     "Rien n’a été considéré comme fait : cherchez ce qu’il en est advenu avant de renvoyer, et "
     "comparez l’adresse de base à la documentation du système"},
    {"rpc", 0, NVT_E_GRANT_REFUSED, NULL,
     "Check access_key and secret_key in the secrets file; the operator's page of the registry "
     "makes a new pair, and shows its secret once",
     "Vérifiez access_key et secret_key dans le fichier de secrets ; une nouvelle paire se crée "
     "dans l’espace opérateur du registre, et son secret n’y est montré qu’une fois"},
    {"rpc", 0, NVT_E_GRANT_QUOTA, NULL,
     "The registry gives five tokens a minute: wait that long, and let runs share the token cache "
     "by leaving --no-cache out",
     "Le registre délivre cinq jetons par minute : attendez ce délai, et laissez les exécutions "
     "partager le cache de jetons en retirant --no-cache"},
    {"rpc", 400, NVT_OK, NULL,
     "The message names the field and its fault: mend the data and send again; navette journey "
     "check finds most of it without sending",
     "Le message nomme le champ en cause : corrigez les données puis renvoyez-les ; navette "
     "journey check trouve l’essentiel sans rien envoyer"},
    {"rpc", 401, NVT_OK, NULL,
     "The token has expired or was withdrawn: try navette token rpc --no-cache, then check the "
     "keys in the secrets file",
     "Le jeton a expiré ou a été révoqué : essayez navette token rpc --no-cache, puis vérifiez les "
     "clés du fichier de secrets"},
    {"rpc", 403, NVT_OK, NULL,
     "The registry saw no right to do this: leave --no-auth out, and ask its team whether the "
     "operator's role covers the request",
     "Le registre n’a vu aucun droit pour cette requête : retirez --no-auth, et demandez à son "
     "équipe si le rôle de l’opérateur la couvre"},
    {"rpc", 404, NVT_OK, NULL, "Check the id, and that this operator sent it in this environment",
     "Vérifiez l’identifiant, et que cet opérateur l’a bien envoyé dans cet environnement"},
    {"rpc", 405, NVT_OK, NULL,
     "Check method and path; for CEE, the registry has switched that service off, so try again on "
     "another day",
     "Vérifiez la méthode et le chemin ; pour les CEE, le registre a désactivé ce service : "
     "réessayez un autre jour"},
    {"rpc", 408, NVT_OK, NULL,
     "The registry gave up waiting for the request: send it again, over a better connection if "
     "there is one",
     "Le registre a cessé d’attendre la requête : renvoyez-la, si possible par une meilleure "
     "connexion"},
    {"rpc", 409, NVT_OK, NULL,
     "The registry has it already and changes nothing: ask for its status with navette journey "
     "status to be sure",
     "Le registre l’a déjà et ne change rien : demandez son état avec navette journey status pour "
     "en être sûr"},
    {"rpc", 422, NVT_OK, "-32700",
     "To the registry this journey lies in the future: set this clock (date -u tells its time) and "
     "send again",
     "Pour le registre ce trajet est dans le futur : mettez l’horloge à l’heure (date -u la donne) "
     "puis renvoyez-le"},
    {"rpc", 422, NVT_OK, NULL,
     "The journey breaks a rule of the terms of use and is stored as such: do not send it again "
     "under the same id",
     "Le trajet enfreint une règle des conditions d’utilisation et il est enregistré comme tel : "
     "ne le renvoyez pas sous le même identifiant"},
    {"rpc", 429, NVT_OK, NULL,
     "The quota of this address is used up: wait as long as the message tells, and send from fewer "
     "places at once",
     "Le quota de cette adresse est épuisé : attendez le temps indiqué, et envoyez depuis moins "
     "d’endroits à la fois"},
    {"rpc", 500, NVT_OK, NULL,
     "The registry answers this to a malformed token and to a body that is no JSON too: check "
     "both, then try again later",
     "Le registre répond ainsi également à un jeton mal formé et à un corps qui n’est pas du "
     "JSON : vérifiez les deux, puis réessayez plus tard"},
    {"rpc", 503, NVT_OK, NULL,
     "The registry is in maintenance or overloaded: try again later, a journey may be sent up to "
     "24 hours after its start",
     "Le registre est en maintenance ou surchargé : réessayez plus tard, un trajet peut être "
     "envoyé jusqu’à 24 heures après son départ"},
    {"coopcycle", 0, NVT_E_GRANT_REFUSED, "invalid_scope",
     "Ask only for scopes that the application was given: set scope to tasks, deliveries or orders",
     "Ne demandez que les portées accordées à l’application : réglez scope sur tasks, deliveries "
     "ou orders"},
    {"coopcycle", 0, NVT_E_GRANT_REFUSED, NULL,
     "Check client_id and client_secret in the secrets file, and the host: each instance has "
     "applications of its own",
     "Vérifiez client_id et client_secret dans le fichier de secrets, ainsi que l’hôte : chaque "
     "instance a ses propres applications"},
    {"coopcycle", 400, NVT_OK, NULL,
     "The message names the field and its fault: mend it and send again; a delivery whose task is "
     "assigned can no longer be cancelled",
     "Le message nomme le champ en cause : corrigez-le puis renvoyez ; une livraison dont une "
     "tâche est affectée ne peut plus être annulée"},
    {"coopcycle", 401, NVT_OK, NULL,
     "The instance answers alike to an expired token and to a wrong one: try navette token "
     "coopcycle --no-cache, then check the secrets file and the host",
     "L’instance répond de même à un jeton expiré et à un jeton faux : essayez navette token "
     "coopcycle --no-cache, puis vérifiez le fichier de secrets et l’hôte"},
    {"coopcycle", 403, NVT_OK, NULL,
     "The object belongs to another store than the application's, or its scope does not cover it: "
     "ask the cooperative",
     "L’objet appartient à un autre magasin que celui de l’application, ou sa portée ne le couvre "
     "pas : demandez à la coopérative"},
    {"coopcycle", 404, NVT_OK, NULL,
     "Check the number and the host: each instance counts its own deliveries",
     "Vérifiez le numéro et l’hôte : chaque instance numérote ses propres livraisons"},
    {"coopcycle", 405, NVT_OK, NULL,
     "That path does not take this method: see /api/docs of the instance",
     "Ce chemin n’accepte pas cette méthode : consultez /api/docs sur l’instance"},
    {"coopcycle", 406, NVT_OK, NULL,
     "Ask for the form that it has: --header 'Accept: application/ld+json'",
     "Demandez la forme disponible : --header 'Accept: application/ld+json'"},
    {"coopcycle", 415, NVT_OK, NULL,
     "Send deliveries as application/ld+json only: --header 'Content-Type: application/ld+json'",
     "Envoyez les livraisons en application/ld+json uniquement : --header 'Content-Type: "
     "application/ld+json'"},
    {"coopcycle", 429, NVT_OK, NULL,
     "A proxy of the instance limits requests: wait as long as the message tells",
     "Un serveur mandataire de l’instance limite les requêtes : attendez le temps indiqué"},
    {"coopcycle", 500, NVT_OK, HINT_HARMLESS,
     "The instance failed on its own: ask again later, which does no harm",
     "L’instance a échoué d’elle-même : redemandez plus tard, c’est sans risque"},
    {"coopcycle", 500, NVT_OK, NULL,
     "The instance failed on its own: look up what became of it with navette delivery resolve "
     "before sending a delivery again",
     "L’instance a échoué d’elle-même : cherchez ce qu’il en est avec navette delivery resolve "
     "avant de renvoyer une livraison"},
    {"coopcycle", 503, NVT_OK, HINT_HARMLESS,
     "The instance is being updated or overloaded: ask again later",
     "L’instance est en cours de mise à jour ou surchargée : redemandez plus tard"},
    {"coopcycle", 503, NVT_OK, NULL,
     "The instance is being updated or overloaded: try again later, and look up a delivery with "
     "navette delivery resolve first",
     "L’instance est en cours de mise à jour ou surchargée : réessayez plus tard, en cherchant "
     "d’abord la livraison avec navette delivery resolve"},
    {"coopcycle", 0, NVT_E_NOT_FOUND, NULL,
     "No delivery carries that key: it did not arrive, and may be created again",
     "Aucune livraison ne porte cette clé : elle n’est pas arrivée et peut être créée de nouveau"},
    {"piste", 0, NVT_E_GRANT_REFUSED, "invalid_scope",
     "Ask for the scope openid, or one that the application subscribed to in the portal",
     "Demandez la portée openid, ou une portée à laquelle l’application est abonnée dans le "
     "portail"},
    {"piste", 0, NVT_E_GRANT_REFUSED, NULL,
     "Check client_id and client_secret against the application in the portal, and the "
     "environment: sandbox and production have different ones, and a secret made anew ends the old "
     "one at once",
     "Comparez client_id et client_secret à ceux de l’application dans le portail, et vérifiez "
     "l’environnement : bac à sable et production ont les leurs, et régénérer un secret annule "
     "aussitôt l’ancien"},
    {"piste", 0, NVT_E_BUSINESS, HINT_HARMLESS,
     "Go by codeRetour and libelle of the service behind the gateway, and mend the request",
     "Suivez codeRetour et libelle du service derrière la passerelle, et corrigez la requête"},
    {"piste", 0, NVT_E_BUSINESS, NULL,
     "Go by codeRetour and libelle of the service behind the gateway: mend the request, and look "
     "whether a submission arrived before sending it again",
     "Suivez codeRetour et libelle du service derrière la passerelle : corrigez la requête, et "
     "vérifiez si un dépôt est arrivé avant de le renvoyer"},
    {"piste", 400, NVT_OK, NULL,
     "The service behind the gateway refuses the parameters: compare them with its page in the "
     "portal",
     "Le service derrière la passerelle refuse les paramètres : comparez-les à sa fiche dans le "
     "portail"},
    {"piste", 401, NVT_OK, "DefaultRealm",
     "No API has that path: compare it with the portal, the token is not at fault",
     "Aucune API n’a ce chemin : comparez-le au portail, le jeton n’est pas en cause"},
    {"piste", 401, NVT_OK, NULL,
     "The path is known but the token is not accepted: check that --environment fits the "
     "application, then try navette token piste --no-cache",
     "Le chemin est connu mais le jeton n’est pas accepté : vérifiez que --environment correspond "
     "à l’application, puis essayez navette token piste --no-cache"},
    {"piste", 403, NVT_OK, NULL,
     "Subscribe the application to this API in the portal and accept its terms of use there, for "
     "this environment; the token is good",
     "Abonnez l’application à cette API dans le portail et acceptez-y ses conditions "
     "d’utilisation, pour cet environnement ; le jeton est bon"},
    {"piste", 404, NVT_OK, NULL,
     "The API has nothing at that path: check it, its version and the id in it",
     "L’API n’a rien à ce chemin : vérifiez-le, ainsi que sa version et l’identifiant qu’il "
     "contient"},
    {"piste", 416, NVT_OK, NULL,
     "Judilibre gives no results that far down: narrow the search or ask for an earlier page",
     "Judilibre ne donne pas de résultats aussi loin : précisez la recherche ou demandez une page "
     "antérieure"},
    {"piste", 423, NVT_OK, NULL, "Judilibre is busy with an update: try again in a few minutes",
     "Judilibre est occupé par une mise à jour : réessayez dans quelques minutes"},
    {"piste", 429, NVT_OK, NULL,
     "The quota is used up, 20 requests a second in production unless the portal says otherwise: "
     "send more slowly",
     "Le quota est épuisé, 20 requêtes par seconde en production sauf mention contraire du "
     "portail : envoyez plus lentement"},
    {"piste", 500, NVT_OK, NULL,
     "The service behind the gateway failed: try again later, with a simpler request if it stays "
     "so",
     "Le service derrière la passerelle a échoué : réessayez plus tard, avec une requête plus "
     "simple si cela persiste"},
    {"piste", 503, NVT_OK, NULL,
     "The service is down, or a search went past its ten thousandth result: narrow the search or "
     "try again later",
     "Le service est arrêté, ou la recherche a dépassé le dix millième résultat : précisez la "
     "recherche ou réessayez plus tard"},
    {"jindexe", 0, NVT_E_GRANT_LOGIN, NULL,
     "Log in again: put username and password into the secrets file, then run navette jindexe "
     "login",
     "Reconnectez-vous : mettez username et password dans le fichier de secrets, puis lancez "
     "navette jindexe login"},
    {"jindexe", 0, NVT_E_GRANT_KEEP, NULL,
     "Make room on the disk or mend the mode of the folder where refresh tokens are kept; the old "
     "one is still in use",
     "Libérez de la place sur le disque ou corrigez les droits du dossier des jetons de "
     "renouvellement ; l’ancien reste en usage"},
    {"jindexe", 0, NVT_E_GRANT_REFUSED, "invalid_client",
     "Check api_key in the secrets file: the token route refuses it",
     "Vérifiez api_key dans le fichier de secrets : la route des jetons la refuse"},
    {"jindexe", 0, NVT_E_GRANT_REFUSED, NULL,
     "Check username and password in the secrets file by logging in to the web site with them",
     "Vérifiez username et password dans le fichier de secrets en vous connectant au site avec "
     "eux"},
    {"jindexe", 400, NVT_OK, NULL,
     "The message tells what the request lacks: compare it with the guide",
     "Le message dit ce qui manque à la requête : comparez-la au guide"},
    {"jindexe", 401, NVT_OK, NULL,
     "The API key or the token is not accepted: check api_key, and that the path starts with /ext, "
     "/public, /user or /pro",
     "La clé d’API ou le jeton n’est pas accepté : vérifiez api_key, et que le chemin commence par "
     "/ext, /public, /user ou /pro"},
    {"jindexe", 403, NVT_OK, NULL,
     "This user may not manage that listing: check the account in the secrets file",
     "Cet utilisateur ne peut pas gérer cette fiche : vérifiez le compte du fichier de secrets"},
    {"jindexe", 404, NVT_OK, NULL, "Check the id and the path, and the base URL in front of it",
     "Vérifiez l’identifiant et le chemin, ainsi que l’adresse de base qui le précède"},
    {"jindexe", 429, NVT_OK, NULL,
     "Too many requests: wait as long as the message tells, or a minute",
     "Trop de requêtes : attendez le temps indiqué, ou une minute"},
    {"jindexe", 500, NVT_OK, HINT_HARMLESS, "The service failed on its own: ask again later",
     "Le service a échoué de lui-même : redemandez plus tard"},
    {"jindexe", 500, NVT_OK, NULL,
     "The service failed on its own: try again later, and read the object before changing it again",
     "Le service a échoué de lui-même : réessayez plus tard, et relisez l’objet avant de le "
     "modifier de nouveau"},
    {"demarches", 0, NVT_E_REDIRECT, NULL,
     "The site has moved: try --environment numerique, or the address in the message as base URL",
     "Le site a déménagé : essayez --environment numerique, ou l’adresse du message comme adresse "
     "de base"},
    {"demarches", 0, NVT_E_MUTATION, NULL,
     "The message is the site's own reason: read the dossier's state first, it may have been "
     "changed already; a read-only token changes nothing",
     "Le message donne la raison du site : relisez d’abord l’état du dossier, peut-être déjà "
     "modifié ; un jeton en lecture seule ne modifie rien"},
    {"demarches", 0, NVT_E_CURSOR, NULL,
     "Start the list again from its beginning, and do not mix cursors of runs with and without "
     "--updated-since",
     "Reprenez la liste au début, et ne mélangez pas les curseurs obtenus avec et sans "
     "--updated-since"},
    {"demarches", 200, NVT_OK, "unauthorized",
     "The token does not cover this demarche or dossier, or is not known: check its list of "
     "demarches in the profile page",
     "Le jeton ne couvre pas cette démarche ou ce dossier, ou n’est pas connu : vérifiez sa liste "
     "de démarches sur la page de profil"},
    {"demarches", 200, NVT_OK, "not_found",
     "Check the number: a dossier's and a demarche's are different ones",
     "Vérifiez le numéro : celui d’un dossier n’est pas celui de la démarche"},
    {"demarches", 200, NVT_OK, "timeout",
     "The site gave up after 30 s: ask for fewer dossiers with --first, or for fewer fields",
     "Le site a renoncé après 30 s : demandez moins de dossiers avec --first, ou moins de champs"},
    {"demarches", 200, NVT_OK, "bad_request",
     "Check --first and --after: at most 100, a cursor of the same list, never first and last "
     "together",
     "Vérifiez --first et --after : 100 au plus, un curseur de la même liste, jamais first et last "
     "ensemble"},
    {"demarches", 200, NVT_OK, "invalid_null",
     "The site has broken data there: the rest of the answer is good, leave that field out",
     "Le site a des données défectueuses à cet endroit : le reste de la réponse est bon, retirez "
     "ce champ"},
    {"demarches", 200, NVT_OK, "missingRequiredArguments",
     "The query lacks an argument: the message names it",
     "Il manque un argument à la requête : le message le nomme"},
    {"demarches", 200, NVT_OK, "undefinedField",
     "The schema has no such field: compare the query with the site's documentation",
     "Le schéma n’a pas ce champ : comparez la requête à la documentation du site"},
    {"demarches", 0, NVT_E_GRAPHQL, NULL,
     "The message and its path tell which part of the query is at fault: mend it there",
     "Le message et son chemin disent quelle partie de la requête est en cause : corrigez-la à cet "
     "endroit"},
    {"demarches", 400, NVT_OK, "graphql_parse_failed", "Give --variables as one JSON object",
     "Donnez --variables sous forme d’un objet JSON"},
    {"demarches", 400, NVT_OK, NULL,
     "The site could not read the request: send JSON with a query or a queryId, and variables as "
     "an object",
     "Le site n’a pas pu lire la requête : envoyez du JSON avec query ou queryId, et variables "
     "sous forme d’objet"},
    {"demarches", 401, NVT_OK, NULL,
     "The token has expired: an administrator makes a new one on the profile page, for up to a "
     "year",
     "Le jeton a expiré : un administrateur en crée un nouveau sur la page de profil, pour un an "
     "au plus"},
    {"demarches", 403, NVT_OK, NULL,
     "The token is not known, was revoked, or this address is not in its list: compare it with the "
     "profile page, navette query check-token looks at its form",
     "Le jeton est inconnu, révoqué, ou cette adresse n’est pas dans sa liste : comparez-le à la "
     "page de profil, navette query check-token examine sa forme"},
    {"demarches", 404, NVT_OK, NULL,
     "The base URL is not the site's: its GraphQL lies at /api/v2/graphql",
     "L’adresse de base n’est pas celle du site : son GraphQL se trouve à /api/v2/graphql"},
    {"demarches", 429, NVT_OK, NULL,
     "More than 400 requests a minute with this token: wait as long as the message tells, and ask "
     "for more dossiers at once",
     "Plus de 400 requêtes par minute avec ce jeton : attendez le temps indiqué, et demandez plus "
     "de dossiers à la fois"},
    {"demarches", 500, NVT_OK, NULL,
     "The site answers this to an unknown queryId too: check it, then try again later with fewer "
     "fields",
     "Le site répond ainsi également à un queryId inconnu : vérifiez-le, puis réessayez plus tard "
     "avec moins de champs"},
    {NULL, 0, NVT_E_REDIRECT, NULL,
     "Set the base URL to where it points, if that is where this system really lives",
     "Réglez l’adresse de base sur cette cible, si c’est bien là que se trouve ce système"},
    {NULL, 0, NVT_E_GRANT_REFUSED, NULL,
     "Check the credentials in the secrets file, and that they belong to this environment",
     "Vérifiez les identifiants du fichier de secrets, et qu’ils appartiennent à cet "
     "environnement"},
    {NULL, 0, NVT_E_GRANT_ANSWER, NULL,
     "What answers there gives no tokens: check the base URL and --token-url",
     "Ce qui répond là ne délivre pas de jetons : vérifiez l’adresse de base et --token-url"},
    {NULL, 0, NVT_E_GRANT_QUOTA, NULL,
     "Too many tokens were asked for: wait, and let runs share the token cache",
     "Trop de jetons ont été demandés : attendez, et laissez les exécutions partager le cache de "
     "jetons"},
    {NULL, 0, NVT_E_GRANT_LOGIN, NULL,
     "Log in again: put user name and password into the secrets file",
     "Reconnectez-vous : mettez l’identifiant et le mot de passe dans le fichier de secrets"},
    {NULL, 0, NVT_E_GRANT_KEEP, NULL,
     "Make room on the disk or mend the mode of the folder where secrets are kept",
     "Libérez de la place sur le disque ou corrigez les droits du dossier des secrets"},
    {NULL, 0, NVT_E_QUOTA, NULL,
     "Wait as long as the message tells: sending more would only be refused",
     "Attendez le temps indiqué : envoyer davantage serait refusé"},
    {NULL, 400, NVT_OK, NULL,
     "The server does not understand the request: the message tells why, if anything does",
     "Le serveur ne comprend pas la requête : le message dit pourquoi, si quelque chose le dit"},
    {NULL, 401, NVT_OK, NULL,
     "The credentials are not accepted: put fresh ones into the secrets file",
     "Les identifiants ne sont pas acceptés : mettez-en de nouveaux dans le fichier de secrets"},
    {NULL, 403, NVT_OK, NULL, "These credentials have no right to do this: ask whoever gave them",
     "Ces identifiants n’ont pas le droit de faire cela : demandez à qui les a donnés"},
    {NULL, 404, NVT_OK, NULL, "Check path and base URL: there is nothing",
     "Vérifiez le chemin et l’adresse de base : il n’y a rien à cet endroit"},
    {NULL, 413, NVT_OK, NULL, "Send less at once: the body is larger than the server takes",
     "Envoyez moins à la fois : le corps dépasse ce que le serveur accepte"},
    {NULL, 429, NVT_OK, NULL, "Wait as long as the message tells, or a minute",
     "Attendez le temps indiqué, ou une minute"},
    {NULL, 500, NVT_OK, NULL, "The server failed on its own: try again later",
     "Le serveur a échoué de lui-même : réessayez plus tard"},
    {NULL, 502, NVT_OK, NULL,
     "A gateway on the way got no good answer from the server: try again later",
     "Une passerelle n’a pas obtenu de bonne réponse du serveur : réessayez plus tard"},
    {NULL, 503, NVT_OK, NULL, "The server is down or overloaded: try again later",
     "Le serveur est arrêté ou surchargé : réessayez plus tard"},
    {NULL, 504, NVT_OK, NULL,
     "A gateway on the way waited too long for the server: try again later",
     "Une passerelle a attendu le serveur trop longtemps : réessayez plus tard"},
};

const size_t cli_hint_count = sizeof cli_hints / sizeof cli_hints[0];

static bool fits(const char *wanted, const char *is)
{
    return wanted == NULL || strcmp(wanted, is) == 0;
}

const struct hint *hint_find(const char *system, unsigned status, nvt_err err, const char *code)
{
    for (size_t i = 0; i < cli_hint_count; i++) {
        const struct hint *h = &cli_hints[i];
        if (fits(h->system, system) && fits(h->code, code) &&
            (h->status == 0U || h->status == status) && (h->err == NVT_OK || h->err == err)) {
            return h;
        }
    }
    return NULL;
}

/* "fr", "fr_FR.UTF-8", "fr-CA": not "fro". */
bool hint_in_french(void)
{
    static const char *const variables[] = {"NAVETTE_LANG", "LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *value = getenv(variables[i]);
        if (value != NULL && value[0] != '\0') {
            size_t len = strcspn(value, "_-.@");
            return len == 2U && strncmp(value, "fr", len) == 0;
        }
    }
    return false;
}
