/* SPDX-License-Identifier: Apache-2.0 */
/* The documents that the service keeps by id: operations, variables and switches of the real ones.
 */
#include "demarches.h"

#include <string.h>

#define VARIABLES_OF_DOSSIERS                                                                      \
    "$state: DossierState $order: Order $first: Int $last: Int $before: String $after: String "    \
    "$archived: Boolean $revision: ID $createdSince: ISO8601DateTime "                             \
    "$updatedSince: ISO8601DateTime $deletedOrder: Order $deletedFirst: Int $deletedLast: Int "    \
    "$deletedBefore: String $deletedAfter: String $deletedSince: ISO8601DateTime "
#define SWITCHES                                                                                   \
    "$includeChamps: Boolean = true $includeAnotations: Boolean = true "                           \
    "$includeTraitements: Boolean = true $includeInstructeurs: Boolean = true "                    \
    "$includeAvis: Boolean = false $includeMessages: Boolean = false "                             \
    "$includeCorrections: Boolean = false $includeGeometry: Boolean = false "                      \
    "$includeLabels: Boolean = true "
#define DOSSIERS                                                                                   \
    "dossiers(state: $state order: $order first: $first last: $last before: $before "              \
    "after: $after archived: $archived revision: $revision createdSince: $createdSince "           \
    "updatedSince: $updatedSince) @include(if: $includeDossiers) "                                 \
    "{ pageInfo { ...Page } nodes { ...DossierFragment } } "
#define DELETED(name)                                                                              \
    name "(order: $deletedOrder first: $deletedFirst last: $deletedLast before: $deletedBefore "   \
         "after: $deletedAfter deletedSince: $deletedSince) "

static const char queries[] =
    ("query getDemarche($demarcheNumber: Int! " VARIABLES_OF_DOSSIERS
     "$pendingDeletedOrder: Order $pendingDeletedFirst: Int $pendingDeletedSince: ISO8601DateTime "
     "$includeGroupeInstructeurs: Boolean = false $includeDossiers: Boolean = false "
     "$includePendingDeletedDossiers: Boolean = false $includeDeletedDossiers: Boolean = false "
     "$includeRevision: Boolean = false $includeService: Boolean = false " SWITCHES ") {\n"
     "demarche(number: $demarcheNumber) { id number title state declarative dateCreation "
     "dateFermeture activeRevision @include(if: $includeRevision) { ...RevisionFragment } "
     "groupeInstructeurs @include(if: $includeGroupeInstructeurs) { id number label "
     "instructeurs @include(if: $includeInstructeurs) { id email } } "
     "service @include(if: $includeService) { nom siret organisme typeOrganisme } " DOSSIERS
         DELETED(
             "pendingDeletedDossiers") "@include(if: $includePendingDeletedDossiers) "
                                       "{ pageInfo { ...Page } nodes { id } } " DELETED(
                                           "deletedDossiers") "@include(if: "
                                                              "$includeDeletedDossiers) "
                                                              "{ pageInfo { ...Page } nodes { id } "
                                                              "} } }\n"
                                                              "query "
                                                              "getGroupeInstructeur($"
                                                              "groupeInstructeurNumber: "
                                                              "Int! " VARIABLES_OF_DOSSIERS
                                                              "$includeDossiers: Boolean = false "
                                                              "$includePendingDeletedDossiers: "
                                                              "Boolean = false "
                                                              "$includeDeletedDossiers: Boolean = "
                                                              "false " SWITCHES ") {\n"
                                                              "groupeInstructeur(number: "
                                                              "$groupeInstructeurNumber) { id "
                                                              "number label "
                                                              "instructeurs @include(if: "
                                                              "$includeInstructeurs) { id email "
                                                              "} " DOSSIERS "} }\n"
                                                              "query getDossier($dossierNumber: "
                                                              "Int! $includeRevision: Boolean = "
                                                              "false "
                                                              "$includeService: Boolean = "
                                                              "false " SWITCHES ") {\n"
                                                              "dossier(number: $dossierNumber) { "
                                                              "...DossierFragment demarche { "
                                                              "...DescriptorFragment } } }\n"
                                                              "query "
                                                              "getDemarcheDescriptor($demarche: "
                                                              "FindDemarcheInput! "
                                                              "$includeRevision: Boolean = false "
                                                              "$includeService: Boolean = false) "
                                                              "{\n"
                                                              "demarcheDescriptor(demarche: "
                                                              "$demarche) { ...DescriptorFragment "
                                                              "} }\n"
                                                              "fragment Page on PageInfo { "
                                                              "hasPreviousPage hasNextPage "
                                                              "startCursor endCursor }\n"
                                                              "fragment DescriptorFragment on "
                                                              "DemarcheDescriptor { id number "
                                                              "title description state "
                                                              "declarative dateCreation "
                                                              "datePublication "
                                                              "dateDerniereModification "
                                                              "dateDepublication "
                                                              "dateFermeture demarcheURL revision "
                                                              "@include(if: $includeRevision) { "
                                                              "...RevisionFragment } "
                                                              "service @include(if: "
                                                              "$includeService) { nom siret "
                                                              "organisme typeOrganisme } }\n"
                                                              "fragment RevisionFragment on "
                                                              "Revision { id datePublication "
                                                              "champDescriptors { "
                                                              "...ChampDescriptorFragment } "
                                                              "annotationDescriptors { "
                                                              "...ChampDescriptorFragment } }\n"
                                                              "fragment ChampDescriptorFragment on "
                                                              "ChampDescriptor { __typename id "
                                                              "label description "
                                                              "required }\n"
                                                              "fragment ChampFragment on Champ { "
                                                              "__typename id champDescriptorId "
                                                              "label stringValue "
                                                              "updatedAt prefilled ... on "
                                                              "CheckboxChamp { checked: value } }\n"
                                                              "fragment MessageFragment on Message "
                                                              "{ id email body createdAt "
                                                              "attachments { ...FileFragment } "
                                                              "correction @include(if: "
                                                              "$includeCorrections) { reason "
                                                              "dateResolution } }\n"
                                                              "fragment FileFragment on File { "
                                                              "__typename filename contentType "
                                                              "checksum byteSizeBigInt url "
                                                              "createdAt }\n"
                                                              "fragment DossierFragment on Dossier "
                                                              "{ __typename id number archived "
                                                              "prefilled state "
                                                              "dateDerniereModification dateDepot "
                                                              "datePassageEnConstruction "
                                                              "datePassageEnInstruction "
                                                              "dateTraitement dateExpiration "
                                                              "dateSuppressionParUsager "
                                                              "dateDerniereCorrectionEnAttente "
                                                              "@include(if: $includeCorrections) "
                                                              "dateDerniereModificationChamps "
                                                              "dateDerniereModificationAnnotations "
                                                              "motivation "
                                                              "motivationAttachment { "
                                                              "...FileFragment } attestation { "
                                                              "...FileFragment } "
                                                              "pdf { ...FileFragment } usager { "
                                                              "email } prenomMandataire "
                                                              "nomMandataire deposeParUnTiers "
                                                              "connectionUsager groupeInstructeur "
                                                              "{ id number label } "
                                                              "demandeur { __typename ... on "
                                                              "PersonnePhysique { civilite nom "
                                                              "prenom dateDeNaissance email } "
                                                              "... on PersonneMorale { siret "
                                                              "siegeSocial naf libelleNaf address "
                                                              "{ label postalCode "
                                                              "cityName } } } "
                                                              "instructeurs @include(if: "
                                                              "$includeInstructeurs) { id email } "
                                                              "traitements @include(if: "
                                                              "$includeTraitements) { state "
                                                              "emailAgentTraitant dateTraitement "
                                                              "motivation } "
                                                              "champs @include(if: $includeChamps) "
                                                              "{ ...ChampFragment } "
                                                              "annotations @include(if: "
                                                              "$includeAnotations) { "
                                                              "...ChampFragment } "
                                                              "avis @include(if: $includeAvis) { "
                                                              "id } "
                                                              "messages @include(if: "
                                                              "$includeMessages) { "
                                                              "...MessageFragment } "
                                                              "labels @include(if: $includeLabels) "
                                                              "{ id name color } }\n");

#define DECIDE(name, input)                                                                        \
    "mutation " name "($input: " input "!) { " name "(input: $input) { clientMutationId "          \
    "dossier { id number state archived } errors { message } } }\n"

static const char mutations[] =
    (DECIDE("dossierPasserEnInstruction", "DossierPasserEnInstructionInput") DECIDE(
        "dossierRepasserEnInstruction",
        "DossierRepasserEnInstructionInput") DECIDE("dossierRepasserEnConstruction",
                                                    "DossierRepasserEnConstructionInput")
         DECIDE("dossierAccepter", "DossierAccepterInput") DECIDE("dossierRefuser", "DossierRefuser"
                                                                                    "Input") DECIDE(
             "dossierClasserSansSuite",
             "DossierClasserSansSuiteInput") DECIDE("dossierArchiver", "DossierArchiverInput")
             DECIDE("dossierDesarchiver", "DossierDesarchiverInput") DECIDE(
                 "dossierChangerGroupeInstructeur",
                 "DossierChangerGroupeInstructeurInput") "mutation "
                                                         "dossierModifierAnnotations($input: "
                                                         "DossierModifierAnnotationsInput!) { "
                                                         "dossierModifierAnnotations(input: "
                                                         "$input) { clientMutationId annotations { "
                                                         "id label "
                                                         "stringValue } errors { message } } }\n"
                                                         "mutation dossierEnvoyerMessage($input: "
                                                         "DossierEnvoyerMessageInput!) { "
                                                         "dossierEnvoyerMessage(input: $input) { "
                                                         "clientMutationId message { id createdAt "
                                                         "} "
                                                         "errors { message } } }\n"
                                                         "mutation dossierSupprimerMessage($input: "
                                                         "DossierSupprimerMessageInput!) { "
                                                         "dossierSupprimerMessage(input: $input) { "
                                                         "clientMutationId message { id "
                                                         "discardedAt } "
                                                         "errors { message } } }\n"
                                                         "mutation createDirectUpload($input: "
                                                         "CreateDirectUploadInput!) { "
                                                         "createDirectUpload(input: $input) { "
                                                         "clientMutationId directUpload { url "
                                                         "headers blobId "
                                                         "signedBlobId } } }\n");

static const char introspection[] =
    "query IntrospectionQuery { __schema { queryType { name } mutationType { name } } }";

const char *demarches_stored(const char *id)
{
    if (strcmp(id, "ds-query-v2") == 0) {
        return queries;
    }
    if (strcmp(id, "ds-mutation-v2") == 0) {
        return mutations;
    }
    return strcmp(id, "introspection") == 0 ? introspection : NULL;
}
