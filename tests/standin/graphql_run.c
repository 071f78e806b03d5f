/* SPDX-License-Identifier: Apache-2.0 */
/* Carries out a parsed document, with errors in the words of graphql-ruby. */
#include "graphql.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define FRAGMENTS_MAX 20
#define DEPTH_MAX ((size_t)30) /* of a path, indexes counted: the service's own is 15 fields */

json_t *graphql_error(const char *message, json_t *path, const char *code)
{
    json_t *error = json_pack("{s:s}", "message", message);
    if (path != NULL) {
        (void)json_object_set_new(error, "path", path);
    }
    if (code != NULL) {
        (void)json_object_set_new(error, "extensions", json_pack("{s:s}", "code", code));
    }
    return error;
}

const json_t *graphql_operation(const json_t *document, const char *name, json_t **error)
{
    const json_t *all = json_object_get(document, "operations");
    char text[160];
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *o = json_array_get(all, i);
        const bool named = name != NULL && name[0] != '\0';
        if (named ? strcmp(json_string_value(json_object_get(o, "name")), name) == 0
                  : json_array_size(all) == 1U) {
            return o;
        }
    }
    if (name == NULL || name[0] == '\0') {
        *error = graphql_error("An operation name is required", NULL, NULL);
    } else {
        (void)snprintf(text, sizeof text, "No operation named \"%.100s\"", name);
        *error = graphql_error(text, NULL, NULL);
    }
    return NULL;
}

/* ---- variables ---- */

static bool is_int(const json_t *value)
{
    return json_is_integer(value) && json_integer_value(value) <= 2147483647 &&
           json_integer_value(value) >= -2147483647;
}

static const char *misfit(const char *type, const json_t *value)
{
    if (value == NULL || json_is_null(value)) {
        return type[strlen(type) - 1U] == '!' ? "Expected value to not be null" : NULL;
    }
    if (strncmp(type, "Int", 3) == 0 && !is_int(value)) {
        return "Could not coerce value to Int";
    }
    if (strncmp(type, "Boolean", 7) == 0 && !json_is_boolean(value)) {
        return "Could not coerce value to Boolean";
    }
    if (strncmp(type, "String", 6) == 0 && !json_is_string(value)) {
        return "Could not coerce value to String";
    }
    return NULL;
}

json_t *graphql_variables(const json_t *operation, const json_t *given, json_t **error)
{
    json_t *variables = json_object();
    json_t *defined = json_object_get(operation, "variables");
    for (void *at = json_object_iter(defined); at != NULL;
         at = json_object_iter_next(defined, at)) {
        const char *name = json_object_iter_key(at);
        const json_t *one = json_object_iter_value(at);
        const char *type = json_string_value(json_object_get(one, "type"));
        json_t *value = json_object_get(given, name);
        value = value == NULL ? json_object_get(one, "default") : value;
        const char *problem = misfit(type, value);
        if (problem != NULL) {
            char text[200];
            (void)snprintf(text, sizeof text,
                           "Variable $%.60s of type %.60s was provided invalid value", name, type);
            *error = json_pack("{s:s,s:{s:O?,s:[{s:[],s:s}]}}", "message", text, "extensions",
                               "value", value, "problems", "path", "explanation", problem);
            json_decref(variables);
            return NULL;
        }
        if (value != NULL) {
            (void)json_object_set(variables, name, value);
        }
    }
    return variables;
}

/* Recursion as deep as documents are parsed. NOLINTBEGIN(misc-no-recursion) */

static json_t *list_of(const struct graphql_run *run, json_t *list)
{
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *v = graphql_value(run, json_array_get(list, i));
        (void)json_array_append_new(out, v == NULL ? json_null() : v);
    }
    return out;
}

static json_t *object_of(const struct graphql_run *run, json_t *object)
{
    json_t *out = json_object();
    for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at)) {
        json_t *v = graphql_value(run, json_object_iter_value(at));
        if (v != NULL) {
            (void)json_object_set_new(out, json_object_iter_key(at), v);
        }
    }
    return out;
}

json_t *graphql_value(const struct graphql_run *run, json_t *value)
{
    const char *variable = json_string_value(json_object_get(value, "$"));
    if (variable != NULL) {
        return json_incref(json_object_get(run->variables, variable));
    }
    if (json_is_array(value)) {
        return list_of(run, value);
    }
    return json_is_object(value) ? object_of(run, value) : json_incref(value);
}

/* ---- picking fields ---- */

static bool is_included(const struct graphql_run *run, const json_t *selection)
{
    const json_t *conditions = json_object_get(selection, "if");
    for (size_t i = 0; i < json_array_size(conditions); i++) {
        const json_t *c = json_array_get(conditions, i);
        json_t *v = graphql_value(run, json_object_get(c, "value"));
        const bool truth = json_is_true(v);
        json_decref(v);
        if (truth == json_is_true(json_object_get(c, "skip"))) {
            return false;
        }
    }
    return true;
}

static void invalid(struct graphql_run *run, const json_t *selection, const char *code,
                    const char *message, json_t *path)
{
    json_t *error = graphql_error(message, json_deep_copy(path), code);
    (void)json_object_set_new(error, "locations",
                              json_pack("[{s:O,s:O}]", "line", json_object_get(selection, "line"),
                                        "column", json_object_get(selection, "column")));
    (void)json_array_append_new(run->errors, error);
}

static bool fits_type(const char *on, const char *type)
{
    return on == NULL || strcmp(on, type) == 0 || strcmp(on, "Champ") == 0 ||
           strcmp(on, "Demandeur") == 0;
}

static void pick_into(struct graphql_run *run, json_t *object, const json_t *fields, json_t *path,
                      json_t *out);

static json_t *pick_value(struct graphql_run *run, json_t *value, const json_t *selection,
                          json_t *path)
{
    const json_t *fields = json_object_get(selection, "fields");
    char text[120];
    if (json_is_array(value)) {
        json_t *list = json_array();
        for (size_t i = 0; i < json_array_size(value); i++) {
            (void)json_array_append_new(path, json_integer((json_int_t)i));
            (void)json_array_append_new(list,
                                        pick_value(run, json_array_get(value, i), selection, path));
            (void)json_array_remove(path, json_array_size(path) - 1U);
        }
        return list;
    }
    if (json_is_object(value) && fields == NULL) {
        (void)snprintf(text, sizeof text, "Field must have selections (field '%.60s')",
                       json_string_value(json_object_get(selection, "name")));
        invalid(run, selection, "selectionMismatch", text, path);
        return json_null();
    }
    if (!json_is_object(value) && !json_is_null(value) && fields != NULL) {
        (void)snprintf(text, sizeof text, "Selections can't be made on scalars (field '%.60s')",
                       json_string_value(json_object_get(selection, "name")));
        invalid(run, selection, "selectionMismatch", text, path);
        return json_null();
    }
    return json_is_object(value) ? graphql_pick(run, value, fields, path) : json_incref(value);
}

static void pick_field(struct graphql_run *run, json_t *object, const json_t *selection,
                       json_t *path, json_t *out)
{
    const char *name = json_string_value(json_object_get(selection, "name"));
    const char *alias = json_string_value(json_object_get(selection, "alias"));
    const char *type = json_string_value(json_object_get(object, "__typename"));
    json_t *args = graphql_value(run, json_object_get(selection, "args"));
    type = type == NULL ? "Object" : type;
    (void)json_array_append_new(path, json_string(alias));
    json_t *value = run->resolve(run, object, type, name, args, path);
    if (value == NULL) {
        value = json_incref(json_object_get(object, name));
    }
    if (value == NULL) {
        char text[200];
        (void)snprintf(text, sizeof text, "Field '%.60s' doesn't exist on type '%.60s'", name,
                       type);
        invalid(run, selection, "undefinedField", text, path);
    } else if (json_array_size(path) > DEPTH_MAX) {
        invalid(run, selection, NULL,
                "Query has depth of more than 15, which exceeds max depth of 15", path);
    } else {
        (void)json_object_set_new(out, alias, pick_value(run, value, selection, path));
    }
    json_decref(value);
    json_decref(args);
    (void)json_array_remove(path, json_array_size(path) - 1U);
}

static void pick_spread(struct graphql_run *run, json_t *object, const json_t *selection,
                        json_t *path, json_t *out)
{
    const char *name = json_string_value(json_object_get(selection, "spread"));
    const json_t *fields = json_object_get(json_object_get(run->document, "fragments"), name);
    if (fields == NULL || run->depth >= FRAGMENTS_MAX) {
        invalid(run, selection, "useAndDefineFragment", "Fragment was used, but not defined", path);
        return;
    }
    run->depth++;
    pick_into(run, object, fields, path, out);
    run->depth--;
}

static void pick_inline(struct graphql_run *run, json_t *object, const json_t *selection,
                        json_t *path, json_t *out)
{
    const char *type = json_string_value(json_object_get(object, "__typename"));
    if (fits_type(json_string_value(json_object_get(selection, "on")), type == NULL ? "" : type)) {
        pick_into(run, object, json_object_get(selection, "fields"), path, out);
    }
}

static void pick_into(struct graphql_run *run, json_t *object, const json_t *fields, json_t *path,
                      json_t *out)
{
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const json_t *selection = json_array_get(fields, i);
        if (!is_included(run, selection)) {
            continue;
        }
        if (json_object_get(selection, "spread") != NULL) {
            pick_spread(run, object, selection, path, out);
        } else if (json_object_get(selection, "on") != NULL) {
            pick_inline(run, object, selection, path, out);
        } else {
            pick_field(run, object, selection, path, out);
        }
    }
}

json_t *graphql_pick(struct graphql_run *run, json_t *object, const json_t *fields, json_t *path)
{
    json_t *out = json_object();
    pick_into(run, object, fields, path, out);
    return out;
}

/* NOLINTEND(misc-no-recursion) */
