/* SPDX-License-Identifier: Apache-2.0 */
/* Identity keys: names folded as the registry documents, known hashes, cut phone numbers. */
#include "rpc_sample.h"

static void expect_fold(struct nvt_span name, nvt_err err, const char *folded)
{
    char text[128] = "before";
    struct nvt_buf b;
    nvt_buf_init(&b, text, sizeof text - 1U);
    nvt_buf_put(&b, NVT_LIT("before"));
    struct nvt_span copy = exact((const char *)name.ptr, name.len);
    nvt_err got = nvt_rpc_fold_name(copy, &b);
    text[b.len] = '\0';
    if (got != err || strcmp(text + 6, folded) != 0) {
        fail_msg("\"%.*s\": %s, \"%s\" instead of \"%s\"", (int)name.len, (const char *)name.ptr,
                 nvt_err_name(got), text + 6, folded);
    }
    exact_free(copy);
}

/* The right-hand side was worked out apart from the code under test, by canonical decomposition. */
static const char *const names[][2] = {
    {"Martin", "MARTIN"},
    {"Bernard", "BERNARD"},
    {"Thomas", "THOMAS"},
    {"Petit", "PETIT"},
    {"Robert", "ROBERT"},
    {"Richard", "RICHARD"},
    {"Durand", "DURAND"},
    {"Dubois", "DUBOIS"},
    {"Moreau", "MOREAU"},
    {"Laurent", "LAURENT"},
    {"Simon", "SIMON"},
    {"Michel", "MICHEL"},
    {"Lefèvre", "LEFEVRE"},
    {"Leroy", "LEROY"},
    {"Roux", "ROUX"},
    {"Bertrand", "BERTRAND"},
    {"Morel", "MOREL"},
    {"Fournier", "FOURNIER"},
    {"Girard", "GIRARD"},
    {"Bonnet", "BONNET"},
    {"Dupont", "DUPONT"},
    {"Fontaine", "FONTAINE"},
    {"Rousseau", "ROUSSEAU"},
    {"Müller", "MULLER"},
    {"Lefebvre", "LEFEBVRE"},
    {"Mercier", "MERCIER"},
    {"Lambert", "LAMBERT"},
    {"Faure", "FAURE"},
    {"André", "ANDRE"},
    {"Blanc", "BLANC"},
    {"Guérin", "GUERIN"},
    {"Boyer", "BOYER"},
    {"Garnier", "GARNIER"},
    {"Chevalier", "CHEVALIER"},
    {"François", "FRANCOIS"},
    {"Legrand", "LEGRAND"},
    {"Gauthier", "GAUTHIER"},
    {"Perrin", "PERRIN"},
    {"Nicolas", "NICOLAS"},
    {"Clément", "CLEMENT"},
    {"Gautier", "GAUTIER"},
    {"Hervé", "HERVE"},
    {"Lemaître", "LEMAITRE"},
    {"Gérard", "GERARD"},
    {"Benoît", "BENOIT"},
    {"Besançon", "BESANCON"},
    {"Brûlé", "BRULE"},
    {"Châtelet", "CHATELET"},
    {"Crépin", "CREPIN"},
    {"Désiré", "DESIRE"},
    {"Étienne", "ETIENNE"},
    {"Évrard", "EVRARD"},
    {"Forêt", "FORET"},
    {"Génin", "GENIN"},
    {"Hélène", "HELENE"},
    {"Île", "ILE"},
    {"Jérôme", "JEROME"},
    {"Küss", "KUSS"},
    {"Lœuillet", "LOEUILLET"},
    {"Maître", "MAITRE"},
    {"Noël", "NOEL"},
    {"Œuvrard", "OEUVRARD"},
    {"Prévost", "PREVOST"},
    {"Quéré", "QUERE"},
    {"Rémy", "REMY"},
    {"Sénéchal", "SENECHAL"},
    {"Thévenet", "THEVENET"},
    {"Ürün", "URUN"},
    {"Vaïsse", "VAISSE"},
    {"Wœrth", "WOERTH"},
    {"Zoé", "ZOE"},
    {"Baÿs", "BAYS"},
    {"Aÿ", "AY"},
    {"L'Haÿ", "L HAY"},
    {"d'Artagnan", "D ARTAGNAN"},
    {"D'Hérûg-de-l'Hérault", "D HERUG DE L HERAULT"},
    {"L'Hôpital", "L HOPITAL"},
    {"L’Hôpital", "L HOPITAL"},
    {"L\xCA\xBChôpital", "L HOPITAL"},
    {"d\xE2\x80\x98"
     "Estaing",
     "D ESTAING"},
    {"N'Diaye", "N DIAYE"},
    {"M’Barek", "M BAREK"},
    {"O'Brien", "O BRIEN"},
    {"Ó Briain", "O BRIAIN"},
    {"Le Goff", "LE GOFF"},
    {"Le Guen", "LE GUEN"},
    {"Le Bihan", "LE BIHAN"},
    {"de La Fontaine", "DE LA FONTAINE"},
    {"De Gaulle", "DE GAULLE"},
    {"du Bellay", "DU BELLAY"},
    {"des Forêts", "DES FORETS"},
    {"Saint-Exupéry", "SAINT EXUPERY"},
    {"Gaël-Müller", "GAEL MULLER"},
    {"Rault\xE2\x80\x90Maisonneuve", "RAULT MAISONNEUVE"},
    {"Martin\xE2\x80\x91"
     "Dupont",
     "MARTIN DUPONT"},
    {"Martin\xE2\x80\x93"
     "Dupont",
     "MARTIN DUPONT"},
    {"Martin\xE2\x80\x94"
     "Dupont",
     "MARTIN DUPONT"},
    {"Pré-en-Pail", "PRE EN PAIL"},
    {"Kergoat", "KERGOAT"},
    {"Guégan", "GUEGAN"},
    {"Cœur", "COEUR"},
    {"Bœuf", "BOEUF"},
    {"Sœur", "SOEUR"},
    {"Cæsar", "CAESAR"},
    {"Lætitia", "LAETITIA"},
    {"Weiß", "WEISS"},
    {"Groß", "GROSS"},
    {"Schröder", "SCHRODER"},
    {"Schmitt", "SCHMITT"},
    {"Strauß", "STRAUSS"},
    {"Götz", "GOTZ"},
    {"Höfler", "HOFLER"},
    {"Bär", "BAR"},
    {"Ångström", "ANGSTROM"},
    {"Åkesson", "AKESSON"},
    {"Sørensen", "SORENSEN"},
    {"Jørgensen", "JORGENSEN"},
    {"Bjørnstad", "BJORNSTAD"},
    {"Ødegård", "ODEGARD"},
    {"Þórðarson", "THORDARSON"},
    {"Guðmundsdóttir", "GUDMUNDSDOTTIR"},
    {"Sigurðsson", "SIGURDSSON"},
    {"García", "GARCIA"},
    {"Núñez", "NUNEZ"},
    {"Peña", "PENA"},
    {"Ibáñez", "IBANEZ"},
    {"Muñoz", "MUNOZ"},
    {"Gómez-Pérez", "GOMEZ PEREZ"},
    {"Gonçalves", "GONCALVES"},
    {"Conceição", "CONCEICAO"},
    {"Simões", "SIMOES"},
    {"Magalhães", "MAGALHAES"},
    {"Araújo", "ARAUJO"},
    {"Etxeberria", "ETXEBERRIA"},
    {"Goñi", "GONI"},
    {"Puigdemont i Casamajó", "PUIGDEMONT I CASAMAJO"},
    {"Novák", "NOVAK"},
    {"Dvořák", "DVORAK"},
    {"Černý", "CERNY"},
    {"Růžička", "RUZICKA"},
    {"Šťastný", "STASTNY"},
    {"Žižka", "ZIZKA"},
    {"Łukaszewski", "LUKASZEWSKI"},
    {"Wałęsa", "WALESA"},
    {"Wójcik", "WOJCIK"},
    {"Dąbrowski", "DABROWSKI"},
    {"Gołębiewska", "GOLEBIEWSKA"},
    {"Źróbek", "ZROBEK"},
    {"Kościński", "KOSCINSKI"},
    {"Őry", "ORY"},
    {"Szabó", "SZABO"},
    {"Fűrész", "FURESZ"},
    {"Popescu", "POPESCU"},
    {"Știrbei", "STIRBEI"},
    {"Ștefănescu", "STEFANESCU"},
    {"Țurcanu", "TURCANU"},
    {"Şahin", "SAHIN"},
    {"Brâncuși", "BRANCUSI"},
    {"Yılmaz", "YILMAZ"},
    {"Öztürk", "OZTURK"},
    {"Şimşek", "SIMSEK"},
    {"Çelik", "CELIK"},
    {"Güneş", "GUNES"},
    {"Doğan", "DOGAN"},
    {"İnönü", "INONU"},
    {"Nguyễn", "NGUYEN"},
    {"Trần", "TRAN"},
    {"Lê", "LE"},
    {"Phạm", "PHAM"},
    {"Huỳnh", "HUYNH"},
    {"Hoàng", "HOANG"},
    {"Võ", "VO"},
    {"Đặng", "DANG"},
    {"Bùi", "BUI"},
    {"Đỗ", "DO"},
    {"Hồ", "HO"},
    {"Ngô", "NGO"},
    {"Dương", "DUONG"},
    {"Lý", "LY"},
    {"Vũ", "VU"},
    {"Phùng", "PHUNG"},
    {"Trương", "TRUONG"},
    {"Ưng", "UNG"},
    {"Benchikh", "BENCHIKH"},
    {"Ben-Saïd", "BEN SAID"},
    {"El Haddad", "EL HADDAD"},
    {"Aït-Ahmed", "AIT AHMED"},
    {"Aïssaoui", "AISSAOUI"},
    {"Belkhodja", "BELKHODJA"},
    {"Traoré", "TRAORE"},
    {"Diallo", "DIALLO"},
    {"Koné", "KONE"},
    {"Ndiaye", "NDIAYE"},
    {"Ouédraogo", "OUEDRAOGO"},
    {"Payet", "PAYET"},
    {"Hoarau", "HOARAU"},
    {"Grondin", "GRONDIN"},
    {"Raharimanantsoa", "RAHARIMANANTSOA"},
    {"Rakotoarisoa", "RAKOTOARISOA"},
    {"Tō", "TO"},
    {"Tô", "TO"},
    {"Čapek", "CAPEK"},
    {"Žukauskas", "ZUKAUSKAS"},
    {"Ķirsis", "KIRSIS"},
    {"Ņikitins", "NIKITINS"},
    {"Šķēle", "SKELE"},
    {"Ģirts", "GIRTS"},
    {"Ŀull", "LULL"},
    {"Ħaż-Żebbuġ", "HAZ ZEBBUG"},
    {"Ŧ", "T"},
    {"Ŵyn", "WYN"},
    {"Ŷ", "Y"},
    {"Ĳsbrand", "IJSBRAND"},
    {"Ĵ", "J"},
    {"Ĝ", "G"},
    {"Ŭ", "U"},
    {"ŉ", " N"},
    {"Ŋ", "N"},
    {"ſ", "S"},
    {"ĸ", "K"},
    {"Ǎ", "A"},
    {"Ǧ", "G"},
    {"Ǿ", "O"},
    {"Ǽ", "AE"},
    {"Ḥassan", "HASSAN"},
    {"Ṣadr", "SADR"},
    {"ẞ", "SS"},
    {"Ẁ", "W"},
    {"Ỹ", "Y"},
    {"ỳ", "Y"},
    {"Gae\xCC\x88l-Mu\xCC\x88ller", "GAEL MULLER"},
    {"Nguye\xCC\x82\xCC\x83n", "NGUYEN"},
    {"Lefe\xCC\x80vre", "LEFEVRE"},
    {"Đa\xCC\xA3\xCC\x86ng", "DANG"},
    {"Dvor\xCC\x8C"
     "a\xCC\x81k",
     "DVORAK"},
    {"Tru\xCC\x9Bo\xCC\x9Bng", "TRUONG"},
    {"S\xCC\xA6tefa\xCC\x86nescu", "STEFANESCU"},
    {"L’Ho\xCC\x82pital", "L HOPITAL"},
    {"Wo\xCC\x81jcik", "WOJCIK"},
    {"Y\xCC\x83", "Y"},
};

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        expect_fold(nvt_span_str(names[i][0]), NVT_OK, names[i][1]);
    }
}

/* The same name typed in any way gives the same person. */
static void test_one_person(void **state)
{
    static const char *const ways[] = {
        "L'Hôpital", "L’Hôpital", "l\xCA\xBCh\xC3\xB4pital",      "L\xC2\xB4Hôpital", "L`hopital",
        "L HÔPITAL", "L-Hôpital", "L\xE2\x80\xB2HO\xCC\x82PITAL", "L\xC2\xA0Hôpital"};
    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        expect_fold(nvt_span_str(ways[i]), NVT_OK, "L HOPITAL");
    }
}

/* Spaces are the sender's: the rule does not join or cut them. */
static void test_spaces(void **state)
{
    (void)state;
    expect_fold(NVT_LIT(" Le  Goff "), NVT_OK, " LE  GOFF ");
    expect_fold(NVT_LIT("D' Or"), NVT_OK, "D  OR");
    expect_fold(NVT_LIT(""), NVT_OK, "");
}

static void test_no_letter(void **state)
{
    static const char *const strange[] = {
        "Martin 2",     "St. John",
        "Иванов",       "山田",
        "Παπάς",        "\tMartin",
        "Martin\n",     "a,b",
        "Gal·la",       "a×b",
        "a÷b",          "\xC6\x8F",
        "a\xC2\xAD-",   "\xF0\x9F\x9A\x97",
        "a@b",          "a[b",
        "a`b{",         "\xC3\x80\xE1\xBA\x9F",
        "\xEF\xBC\xA1",
    };
    (void)state;
    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
        expect_fold(nvt_span_str(strange[i]), NVT_E_FIELD_FORMAT, "");
    }
    expect_fold(nvt_span_of("a\0b", 3), NVT_E_FIELD_FORMAT, "");
    expect_fold(NVT_LIT("a\xC3"), NVT_E_UTF8, "");
    expect_fold(NVT_LIT("a\xED\xA0\x80"), NVT_E_UTF8, "");
}

/* Every code point: letters and spaces come out, or a refusal; nothing else. */
static void test_every_code_point(void **state)
{
    unsigned known = 0;
    (void)state;
    for (uint32_t c = 0; c <= 0x10FFFFU; c++) {
        uint8_t in[4];
        uint8_t out[4];
        struct nvt_buf name;
        struct nvt_buf b;
        if (c >= 0xD800U && c <= 0xDFFFU) {
            continue;
        }
        nvt_buf_init(&name, in, sizeof in);
        nvt_utf8_put(&name, c);
        nvt_buf_init(&b, out, sizeof out);
        nvt_err err = nvt_rpc_fold_name(nvt_buf_span(&name), &b);
        assert_true(err == NVT_OK || (err == NVT_E_FIELD_FORMAT && b.len == 0U));
        for (size_t i = 0; i < b.len; i++) {
            assert_true(out[i] == ' ' || (out[i] >= 'A' && out[i] <= 'Z'));
        }
        known += err == NVT_OK ? 1U : 0U;
    }
    assert_int_equal(known, 727);
}

static void test_fold_space(void **state)
{
    char text[4];
    struct nvt_buf b;
    (void)state;
    nvt_buf_init(&b, text, 3);
    assert_int_equal(nvt_rpc_fold_name(NVT_LIT("Zo\xC3\xA9"), &b), NVT_OK);
    nvt_buf_init(&b, text, 2);
    assert_int_equal(nvt_rpc_fold_name(NVT_LIT("Zo\xC3\xA9"), &b), NVT_E_SPACE);
    assert_int_equal(b.len, 0);
    nvt_buf_init(&b, text, 1);
    assert_int_equal(nvt_rpc_fold_name(NVT_LIT("\xC5\x93"), &b), NVT_E_SPACE);
}

/* The first is the example of the registry's own documentation; the hashes are sha256sum's. */
static void test_keys(void **state)
{
    static const char *const known[][3] = {
        {"+33701020304", "D'Hérûg-de-l'Hérault",
         "f44ff5364363e53da750d8b7b44fa3176ea36228c5f951a9c1e606c915093d30"},
        {"+33601020304", "Martin",
         "584f4a1c1da0b203854631fd0e690f201b3c772c2a7dbcf1dc3508b0709dd37c"},
        {"+262692010203", "Payet",
         "fbc58d09d70889b30d8db2ffdcc98e6e8ed004edcadb77ceca81a452d5c41070"},
        {"+590690101010", "Nguyễn",
         "540b6727baeeb2bd3525de2d027ba2cbb6a71fa001affc428e833d62d8163cf2"},
        {"+687123456", "Lœuillet",
         "7b89a4b927812e560e0834b77465572f6e8134d8104b1b47b49544529527ed0e"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        char key[65];
        assert_int_equal(
            nvt_rpc_identity_key(nvt_span_str(known[i][0]), nvt_span_str(known[i][1]), key),
            NVT_OK);
        assert_string_equal(key, known[i][2]);
    }
}

static void expect_no_key(const char *phone, const char *name, nvt_err err)
{
    char key[65] = "x";
    assert_int_equal(nvt_rpc_identity_key(nvt_span_str(phone), nvt_span_str(name), key), err);
    assert_string_equal(key, "");
}

static void test_no_key(void **state)
{
    char *longest = repeated("a", 256);
    char *too_long = repeated("a", 257);
    char key[65];
    (void)state;
    expect_no_key("+33601020", "Martin", NVT_E_FIELD_PHONE);
    expect_no_key("0601020304", "Martin", NVT_E_FIELD_PHONE);
    expect_no_key("+33 6 01 02 03", "Martin", NVT_E_FIELD_PHONE);
    expect_no_key("+33601020304", "", NVT_E_FIELD_LENGTH);
    expect_no_key("+33601020304", "\xCC\x81", NVT_E_FIELD_LENGTH);
    expect_no_key("+33601020304", "Martin3", NVT_E_FIELD_FORMAT);
    expect_no_key("+33601020304", "Martin\xFF", NVT_E_UTF8);
    expect_no_key("+33601020304", too_long, NVT_E_SPACE);
    assert_int_equal(nvt_rpc_identity_key(NVT_LIT("+123456789012345"), nvt_span_str(longest), key),
                     NVT_OK);
    assert_int_equal(strlen(key), 64);
    free(longest);
    free(too_long);
}

static void test_phone_trunc(void **state)
{
    struct nvt_span cut = NVT_LIT("untouched");
    (void)state;
    assert_int_equal(nvt_rpc_phone_trunc(NVT_LIT("+33601020304"), &cut), NVT_OK);
    assert_true(nvt_span_eq(cut, NVT_LIT("+336010203")));
    assert_int_equal(nvt_rpc_phone_trunc(NVT_LIT("+590690101010"), &cut), NVT_OK);
    assert_true(nvt_span_eq(cut, NVT_LIT("+5906901010")));
    assert_int_equal(nvt_rpc_phone_trunc(NVT_LIT("+687123456"), &cut), NVT_OK);
    assert_true(nvt_span_eq(cut, NVT_LIT("+6871234")));
    assert_int_equal(nvt_rpc_phone_trunc(NVT_LIT("+68712345"), &cut), NVT_E_FIELD_PHONE);
    assert_int_equal(nvt_rpc_phone_trunc(NVT_LIT(""), &cut), NVT_E_FIELD_PHONE);
    assert_int_equal(nvt_rpc_phone_trunc(NVT_LIT("0033601020304"), &cut), NVT_E_FIELD_PHONE);
    assert_true(nvt_span_eq(cut, NVT_LIT("+6871234")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_one_person),
        cmocka_unit_test(test_spaces),
        cmocka_unit_test(test_no_letter),
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_fold_space),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_no_key),
        cmocka_unit_test(test_phone_trunc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
