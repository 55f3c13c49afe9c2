// Which segments of a path are values.
#include "routes/segment_class.h"
#include "routes/segment_template.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace sockwatch {
namespace {

void expect_all(std::string_view placeholder, const std::vector<std::string>& segments) {
  std::string buffer;
  for (const std::string& segment : segments) EXPECT_EQ(template_of(segment, buffer), placeholder.empty() ? std::string_view(segment) : placeholder) << segment;
}

TEST(SegmentClass, Numbers) {
  expect_all("{id}", {"0", "1", "42", "00017", "-5", "+49", "18446744073709551616", std::string(200, '7')});
  expect_all("{id}", {"192.168.1.1", "10.0.0.1:8080", "fe80::1", "::1", "::ffff:10.0.0.1",
                      "00:1a:2b:3c:4d:5e", "-33.8688,151.2093", "51.5,-0.12", "555-1234", "+44-7700-900123",
                      "1-2", "1,2,3", "10:30", "1_2_3", "42.json", "1.png", "007.mp4"});
}

TEST(SegmentClass, Uuids) {
  expect_all("{uuid}", {"123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-426614174000",
                        "{123e4567-e89b-12d3-a456-426614174000}", "00000000-0000-0000-0000-000000000000"});
}

TEST(SegmentClass, Dates) {
  expect_all("{date}", {"2026-11-23", "2026-11-23T10:00:00Z", "2026-11-23_backup", "1999-01-01 00", "2026-11",
                        "2026_11_23", "2026.11.23", "23-11-2026", "23.11.2026", "11-2026"});
}

TEST(SegmentClass, MailAddresses) {
  expect_all("{email}", {"jo@example.org", "jo.smith+tag@mail.example.co.uk", "jo%40example.org"});
}

TEST(SegmentClass, Hashes) {
  expect_all("{hash}",
             {"deadbeef1", "a1b2c3d4e5", "d41d8cd98f00b204e9800998ecf8427e",
              "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709",
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "abcdefabcdefabcd"});
}

TEST(SegmentClass, Tokens) {
  expect_all("{token}",
             {
                 "SGVsbG8gd29ybGQ=",                                                 // base64
                 "dGhlIHF1aWNrIGJyb3duIGZveA",                                       // base64url
                 "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N",  // a JWT
                 "xoxb-123456789012-abcdefGHIJKL", "AKIAIOSFODNN7EXAMPLE", "5f3g9k2m", "sess_8Kd72jQpLm",
                 "key=value", std::string(41, 'y'), std::string(10000, 'x'),
                 "user%2F17",  // hides a slash
                 "a%zz",       // broken
                 "%ff%fe",     // no text
                 "caf%0ae",    // a control character
             });
}

TEST(SegmentTemplate, NamesAroundAValueStay) {
  const std::pair<const char*, const char*> cases[] = {
      {"Products(1)", "Products({id})"},
      {"Products('tea')", "Products({id})"},
      {"Users('jo@example.org')", "Users({id})"},
      {"Orders(OrderID=1,ProductID=2)", "Orders({id})"},
      {"Products%281%29", "Products({id})"},
      {"Service.Nearest(lat=1,lon=2)", "Service.Nearest({id})"},
      {"Total()", "Total()"},
      {"dQw4w9WgXcQ(1)", "{token}"},
      {"SHOP-17", "SHOP-{id}"},
      {"AB2-1", "AB2-{id}"},
      {"INV-000017", "INV-{id}"},
      {"order-77812", "order-{id}"},
      {"order-20261123-77812", "order-{date}-{id}"},
      {"logs-2026.11.28", "logs-{date}"},
      {"logs-2026.11", "logs-{date}"},
      {"app_20261128", "app_{date}"},
      {"filebeat-7.17.0-2026.11.28-000001", "filebeat-7.17.0-{date}-{id}"},
      {".ds-logs-default-2026.11.28-000001", ".ds-logs-default-{date}-{id}"},
      {"backup-2026-11-28T10:00:00Z.tar.gz", "backup-{date}.tar.gz"},
      {"logs-2026.11.28-dQw4w9WgXcQ", "{token}"},
      {"42:cancel", "{id}:cancel"},
      {"123e4567-e89b-12d3-a456-426614174000:undelete", "{uuid}:undelete"},
      {"dQw4w9WgXcQ:getIamPolicy", "{token}:getIamPolicy"},
      {"documents:commit", "documents:commit"},
      {"jo:secret@localhost", "{email}"},
      {"jo%3Asecret%40localhost", "{email}"},
      {"jo:secret@1", "{token}"},
      {"secret@localhost", "{email}"},
  };
  std::string buffer;
  for (const auto& [segment, expected] : cases) EXPECT_EQ(template_of(segment, buffer), expected) << segment;
}

// Out of the 7,468 literal segments that the paths of AWS', Google's, Kubernetes' and Elasticsearch's clients have, and of
// the names of their operations: those that are most like a value.
TEST(SegmentTemplate, NamesOfPublicInterfacesStay) {
  expect_all("", {"v1alpha1", "v1alpha2", "v2beta3", "v1p1beta1", "v3p2beta1", "v1beta1a", "v20180820", "v10", "getOAuth2Token", "s3Upload",
                  "ListObjectsV2", "Base64Encode", "verifySha256Sum", "listEc2Instances", "recaptchaV3Config", "hl7V2Stores",
                  "DeleteS3TableIntegration", "targetHttpProxies", "targetSslProxies", "clientTlsPolicies", "managementDnsZoneBindings",
                  "sdfdownloadtasks", "sdfuploadtasks", "exportjobsv2", "sdktypes", "submitjob", "syncjobs", "updatejobqueue", "a2aTasks",
                  "thumbnails", "GetSdkType", "UnpeerVpc", "CopyFpgaImage", "sfdcChannels", "ListFaqs", "GetEbsDefaultKmsKeyId",
                  "AcceptReservedInstancesExchangeQuoteForTheWholeAccount", "describeTransitGatewayRouteTableAssociationsWithFilters",
                  "getRecoveryGroupReadinessSummary", "certificatesigningrequests", "validatingadmissionpolicybindings",
                  "mutatingwebhookconfigurations", "rbac.authorization.k8s.io", "utf-8", "iso-8859-1", "step-2", "SHA-256", "UTF-16",
                  "RELEASE_NOTES_2", "react@18", "checkout@v4", "@types", "jquery-3.7", "2.0.0-rc1", "covid-19"});
}

TEST(SegmentTemplate, IdentifiersOfManyMakesDoNot) {
  std::string buffer;
  for (const char* value :
       {"01ARZ3NDEKTSV4RRFFQ69G5FAV", "0ujtsYcgvSTl8PAuAdqWYSMnLOv", "V1StGXR8_Z5jdHi6B-myT", "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKX4",
        "dQw4w9WgXcQ", "cus_NffrFeUfNV2Hib", "B08N5WRWNW", "main.3f2a1b4c.js", "index-BvZ1aKQn.js", "nginx-7c5ddbdf54-abcde", "T0G9PQBBK",
        "20261123T101112Z", "ch_3MqZlPLkdIwHu7ix0slZU8mJ", "xkqjdwmzptrvbnfhgkqz", "AIzaSyDaGmWKa4JsXZHjGw7ISLn3namBGewQe"}) {
    const std::string_view made = template_of(value, buffer);
    EXPECT_TRUE(made.starts_with('{') && made.ends_with('}')) << value << " is " << made;
  }
}

// What generators make, of the usual alphabets and lengths, by a fixed seed: nearly all of it is told from names.
TEST(SegmentTemplate, ChanceIsSeldomAName) {
  const std::string lower = "abcdefghijklmnopqrstuvwxyz", upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", digits = "0123456789";
  std::mt19937 random(5);
  const auto kept = [&](const std::string& alphabet, size_t length) {
    std::string buffer;
    int names = 0;
    for (int i = 0; i < 2000; ++i) {
      std::string text;
      while (text.size() < length) text += alphabet[random() % alphabet.size()];
      const std::string_view made = template_of(text, buffer);
      names += made.find('{') == std::string_view::npos;
    }
    return names;
  };
  EXPECT_LE(kept(lower + upper + digits, 10), 200);
  EXPECT_LE(kept(lower + upper + digits, 16), 60);
  EXPECT_LE(kept(lower + upper + digits, 22), 20);
  EXPECT_LE(kept(lower + digits, 10), 120);
  EXPECT_LE(kept(lower + digits, 16), 30);
  EXPECT_LE(kept(lower + upper, 22), 100);
  EXPECT_LE(kept(lower, 22), 100);
}

TEST(SegmentTemplate, SecretPlaces) {
  for (const auto& [place, secret] : std::initializer_list<std::pair<const char*, const char*>>{
           {"otp", "tulip"}, {"invite", "tulip"}, {"Invite", "K7Q"}, {"reset_password", "tulip"}, {"magic-link", "a"}, {"join-token", "rose"}})
    EXPECT_TRUE(is_secret(place, secret)) << place;
  for (const auto& [place, name] : std::initializer_list<std::pair<const char*, const char*>>{
           {"invite", "accept"}, {"tokens", "dns-view"}, {"verify", "email"}, {"users", "tulip"}, {"reset", "Status"}, {"status-code", "ok"}})
    EXPECT_FALSE(is_secret(place, name)) << place;
}

TEST(SegmentClass, NamesStay) {
  expect_all("", {"users",
                  "api",
                  "v1",
                  "v2.1",
                  "2.1",
                  "1.2.3",
                  "en-US",
                  "cafe",
                  "iso-8859-1",
                  "index.html",
                  "favicon.ico",
                  "app.js",
                  "jquery-3.7",
                  "well-known",
                  "oauth2",
                  "s3",
                  "utf8",
                  "base64",
                  "sha256",
                  "log4j",
                  "web2py",
                  "user_profiles",
                  "OrderService",
                  "getUserById",
                  "how-to-win-friends",
                  "k8s",
                  "x86_64",
                  "caf%C3%A9",
                  "hello%20world",
                  "facade",
                  "decade",
                  "feed",
                  "beef",
                  "internationalization",
                  "oauth2callbackhandler",
                  "RELEASE_NOTES_2",
                  "CHANGELOG",
                  "robots.txt",
                  "a",
                  "~jo",
                  "...",
                  "login.php",
                  "-",
                  "+"});
}

TEST(SegmentClass, CleanText) {
  for (const char* text : {"", "abc", "caf\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf"})
    EXPECT_TRUE(is_clean_text(text)) << text;
  for (const char* text :
       {"\x01", "a\nb", "\x7f", "\x80", "\xc0\xaf", "\xc3", "\xe2\x82", "\xed\xa0\x80", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xff"})
    EXPECT_FALSE(is_clean_text(text)) << text;
  EXPECT_FALSE(is_clean_text(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace sockwatch
