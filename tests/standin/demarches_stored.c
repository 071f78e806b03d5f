/* SPDX-License-Identifier: Apache-2.0 */
/* The documents that the service keeps by id: operations, variables and switches of the real ones.
 */
#include "demarches.h"

#include <string.h>

#define DOCUMENT_MAX 8192

/* What the operations with pages of dossiers share. */
#define PAGES                                                                                      \
    "$state: DossierState $order: Order $first: Int $last: Int $before: String $after: String",    \
        "$archived: Boolean $revision: ID $createdSince: ISO8601DateTime",                         \
        "$updatedSince: ISO8601DateTime $deletedOrder: Order $deletedFirst: Int",                  \
        "$deletedLast: Int $deletedBefore: String $deletedAfter: String",                          \
        "$deletedSince: ISO8601DateTime $includeDossiers: Boolean = false",                        \
        "$includePendingDeletedDossiers: Boolean = false",                                         \
        "$includeDeletedDossiers: Boolean = false"

/* What is told of a dossier. */
#define SWITCHES                                                                                   \
    "$includeChamps: Boolean = true $includeAnotations: Boolean = true",                           \
        "$includeTraitements: Boolean = true $includeInstructeurs: Boolean = true",                \
        "$includeAvis: Boolean = false $includeMessages: Boolean = false",                         \
        "$includeCorrections: Boolean = false $includeGeometry: Boolean = false",                  \
        "$includeLabels: Boolean = true"

#define MORE_SWITCHES "$includeRevision: Boolean = false $includeService: Boolean = false"

#define DOSSIERS                                                                                   \
    "dossiers(state: $state order: $order first: $first last: $last before: $before",              \
        "after: $after archived: $archived revision: $revision createdSince: $createdSince",       \
        "updatedSince: $updatedSince) @include(if: $includeDossiers)",                             \
        "{ pageInfo { ...Page } nodes { ...OneDossier } }"

#define DELETED                                                                                    \
    "(order: $deletedOrder first: $deletedFirst last: $deletedLast before: $deletedBefore",        \
        "after: $deletedAfter deletedSince: $deletedSince)"

static const char *const queries[] = {
    "query getDemarche($demarcheNumber: Int!",
    PAGES,
    "$includeGroupeInstructeurs: Boolean = false",
    MORE_SWITCHES,
    SWITCHES,
    ") { demarche(number: $demarcheNumber) {",
    "id number title state declarative dateCreation dateFermeture",
    "activeRevision @include(if: $includeRevision) { ...OneRevision }",
    "groupeInstructeurs @include(if: $includeGroupeInstructeurs) { id number label",
    "instructeurs @include(if: $includeInstructeurs) { id email } }",
    "service @include(if: $includeService) { nom siret organisme typeOrganisme }",
    DOSSIERS,
    "pendingDeletedDossiers",
    DELETED,
    "@include(if: $includePendingDeletedDossiers) { pageInfo { ...Page } nodes { id } }",
    "deletedDossiers",
    DELETED,
    "@include(if: $includeDeletedDossiers) { pageInfo { ...Page } nodes { id } } } }",

    "query getGroupeInstructeur($groupeInstructeurNumber: Int!",
    PAGES,
    SWITCHES,
    ") { groupeInstructeur(number: $groupeInstructeurNumber) { id number label",
    "instructeurs @include(if: $includeInstructeurs) { id email }",
    DOSSIERS,
    "} }",

    "query getDossier($dossierNumber: Int!",
    MORE_SWITCHES,
    SWITCHES,
    ") { dossier(number: $dossierNumber) { ...OneDossier demarche { ...Descriptor } } }",

    "query getDemarcheDescriptor($demarche: FindDemarcheInput!",
    MORE_SWITCHES,
    ") { demarcheDescriptor(demarche: $demarche) { ...Descriptor } }",

    "fragment Page on PageInfo { hasPreviousPage hasNextPage startCursor endCursor }",
    "fragment Descriptor on DemarcheDescriptor { id number title description state declarative",
    "dateCreation datePublication dateDerniereModification dateDepublication dateFermeture",
    "demarcheURL revision @include(if: $includeRevision) { ...OneRevision }",
    "service @include(if: $includeService) { nom siret organisme typeOrganisme } }",
    "fragment OneRevision on Revision { id datePublication champDescriptors { ...OneDescriptor }",
    "annotationDescriptors { ...OneDescriptor } }",
    "fragment OneDescriptor on ChampDescriptor { __typename id label description required }",
    "fragment OneChamp on Champ { __typename id champDescriptorId label stringValue updatedAt",
    "prefilled ... on CheckboxChamp { checked: value }",
    "... on PieceJustificativeChamp { files { ...OneFile } } }",
    "fragment OneMessage on Message { id email body createdAt attachments { ...OneFile }",
    "correction @include(if: $includeCorrections) { reason dateResolution } }",
    "fragment OneFile on File { __typename filename contentType checksum",
    "byteSize: byteSizeBigInt url createdAt virusScanResult }",
    "fragment OneDossier on Dossier { __typename id number archived prefilled state",
    "dateDerniereModification dateDepot datePassageEnConstruction datePassageEnInstruction",
    "dateTraitement dateExpiration dateSuppressionParUsager",
    "dateDerniereCorrectionEnAttente @include(if: $includeCorrections)",
    "dateDerniereModificationChamps dateDerniereModificationAnnotations motivation",
    "motivationAttachment { ...OneFile } attestation { ...OneFile } pdf { ...OneFile }",
    "usager { email } prenomMandataire nomMandataire deposeParUnTiers connectionUsager",
    "groupeInstructeur { id number label } demandeur { __typename",
    "... on PersonnePhysique { civilite nom prenom dateDeNaissance email }",
    "... on PersonneMorale { siret siegeSocial naf libelleNaf",
    "address { label postalCode cityName } } }",
    "instructeurs @include(if: $includeInstructeurs) { id email }",
    "traitements @include(if: $includeTraitements) { state emailAgentTraitant dateTraitement",
    "motivation }",
    "champs @include(if: $includeChamps) { ...OneChamp }",
    "annotations @include(if: $includeAnotations) { ...OneChamp }",
    "avis @include(if: $includeAvis) { id attachments { ...OneFile } }",
    "messages @include(if: $includeMessages) { ...OneMessage }",
    "labels @include(if: $includeLabels) { id name color } }",
    NULL};

#define DECIDE(name, input)                                                                        \
    "mutation " name "($input: " input "!) { " name "(input: $input) { clientMutationId",          \
        "dossier { id number state archived } errors { message } } }"

static const char *const mutations[] = {
    DECIDE("dossierPasserEnInstruction", "DossierPasserEnInstructionInput"),
    DECIDE("dossierRepasserEnInstruction", "DossierRepasserEnInstructionInput"),
    DECIDE("dossierRepasserEnConstruction", "DossierRepasserEnConstructionInput"),
    DECIDE("dossierAccepter", "DossierAccepterInput"),
    DECIDE("dossierRefuser", "DossierRefuserInput"),
    DECIDE("dossierClasserSansSuite", "DossierClasserSansSuiteInput"),
    DECIDE("dossierArchiver", "DossierArchiverInput"),
    DECIDE("dossierDesarchiver", "DossierDesarchiverInput"),
    DECIDE("dossierChangerGroupeInstructeur", "DossierChangerGroupeInstructeurInput"),
    "mutation dossierModifierAnnotations($input: DossierModifierAnnotationsInput!) {",
    "dossierModifierAnnotations(input: $input) { clientMutationId",
    "annotations { id label stringValue } errors { message } } }",
    "mutation dossierEnvoyerMessage($input: DossierEnvoyerMessageInput!) {",
    "dossierEnvoyerMessage(input: $input) { clientMutationId message { id createdAt }",
    "errors { message } } }",
    "mutation dossierSupprimerMessage($input: DossierSupprimerMessageInput!) {",
    "dossierSupprimerMessage(input: $input) { clientMutationId message { id discardedAt }",
    "errors { message } } }",
    "mutation createDirectUpload($input: CreateDirectUploadInput!) {",
    "createDirectUpload(input: $input) { clientMutationId directUpload { url headers blobId",
    "signedBlobId } } }",
    NULL};

static const char *const introspection[] = {
    "query IntrospectionQuery { __schema { queryType { name } mutationType { name } } }", NULL};

const char *demarches_stored(const char *id)
{
    static char document[DOCUMENT_MAX];
    const char *const *lines = strcmp(id, "ds-query-v2") == 0      ? queries
                               : strcmp(id, "ds-mutation-v2") == 0 ? mutations
                               : strcmp(id, "introspection") == 0  ? introspection
                                                                   : NULL;
    size_t used = 0;
    if (lines == NULL) {
        return NULL;
    }
    for (; *lines != NULL && used < sizeof document; lines++) {
        used += (size_t)snprintf(document + used, sizeof document - used, "%s\n", *lines);
    }
    return document;
}
