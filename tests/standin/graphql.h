/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As much of GraphQL (October 2021) as a client's document needs: it is parsed whole, and fields
 * are picked out of a tree of JSON values. There is no schema: a field that the tree does not hold
 * does not exist.
 *
 * A parsed document: {"operations": [operation], "fragments": {name: [selection]}}
 *   operation  {"kind": "query", "name": "", "variables": {name: {"type": "Int!", "default": v}},
 *               "fields": [selection]}
 *   selection  {"name", "alias", "args": {}, "fields": [], "line", "column"}
 *              {"spread": name} or {"on": type, "fields": []}; each may have "if": [conditions]
 * In values a variable is {"$": name}.
 */
#ifndef STANDIN_GRAPHQL_H
#define STANDIN_GRAPHQL_H

#include <jansson.h>

#include <stdbool.h>

/* NULL: a syntax error, told in *error as one that goes into "errors". */
json_t *graphql_parse(const char *text, json_t **error);

struct graphql_run {
    const json_t *document;
    const json_t *operation;
    const json_t *variables; /* with defaults filled in */
    json_t *errors;          /* array: of validation, which leave no data */
    json_t *faults;          /* array: of execution, with what data there is */
    /* The value of a field that needs its arguments; NULL: pick it out of the object. Takes
     * nothing over, returns what is owned. */
    json_t *(*resolve)(struct graphql_run *run, const json_t *object, const char *type,
                       const char *name, const json_t *args, json_t *path);
    void *ctx;
    int depth; /* of fragments within each other */
};

/* The operation to carry out, by its name or as the only one; NULL: told in *error. */
const json_t *graphql_operation(const json_t *document, const char *name, json_t **error);

/* Variables with defaults, checked against the types of the operation; NULL: told in *error. */
json_t *graphql_variables(const json_t *operation, const json_t *given, json_t **error);

/* A value with its variables put in. */
json_t *graphql_value(const struct graphql_run *run, json_t *value);

/* Picks the selected fields out of object. */
json_t *graphql_pick(struct graphql_run *run, json_t *object, const json_t *fields, json_t *path);

json_t *graphql_error(const char *message, json_t *path, const char *code); /* takes over path */

#endif
