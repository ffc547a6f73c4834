package importer_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rapport/internal/collect/importer"
	"rapport/internal/collect/importer/weblog"
	"rapport/internal/platform/sqldb/dbtest"
)

// TestLogFormats takes published logs, one of each form, through the wizard's guess and reads every line of them. Lines are
// what a person reads in them: instant, method, address, answer, visitor, and why it is no page view.
func TestLogFormats(t *testing.T) {
	const chrome, berlin = "1.2.3.4 Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/535.11 (KHTML, like Gecko) Chrome/17.0.963.56 Safari/535.11", "Europe/Berlin"
	w := newWorld(t, dbtest.SQLite(t))
	for name, want := range map[string][]string{
		"alb.log":                      {"2020-01-01T00:55:04.127531Z GET https://www.example.com/path/index.html 200 " + chrome},
		"elb.log":                      {"2015-05-13T23:39:43.945958Z GET https://www.example.com/path/index.html 200 " + chrome},
		"s3.log":                       {"2012-02-10T21:42:07Z GET https://www.example.com/index 200 " + chrome},
		"common.log":                   {"2012-02-10T21:42:07Z GET / 301 1.2.3.4 - redirects"},
		"common.log.gz":                {"2012-02-10T23:42:07Z POST /form 200 1.2.3.5 - other"},
		"common.log.bz2":               {"2012-02-19T23:42:07Z POST / 200 1.2.3.7 - other"},
		"ovh.log":                      {"2012-02-10T21:42:07Z GET https://www.example.com/ 301 " + chrome + " redirects"},
		"icecast2.log":                 {"2012-02-10T21:42:07Z GET / 301 " + chrome + " redirects"},
		"gandi.log":                    {"2012-02-10T21:42:07Z GET https://www.example.com/ 301 " + chrome + " redirects", "2012-02-10T21:42:07Z GET https://www.example.com/ 200 125.125.125.125 Mozilla/5.0 (Macintosh; Intel Mac OS X 10.13; rv:90.0) Gecko/20100101 Firefox/90.0 < https://www.example.com/"},
		"haproxy.log":                  {"2018-09-25T04:05:27.584Z POST /user/ 200 4.3.2.1 - other"}, // written in local time, which is the import's
		"iis.log":                      {"2012-04-01T00:00:13Z GET https://example.com/foo/bar 200 1.2.3.4 Mozilla/5.0 (X11; U; Linux i686; en-US; rv:1.9.2.7) Gecko/20100722 Firefox/3.6.7"},
		"shoutcast.log":                {"2015-12-07T10:37:05Z GET /stream 200 1.2.3.4 NSPlayer/10.0.0.3702 WMFSDK/10.0 bots"},
		"traefik_json.log":             {"2023-08-11T11:39:21.773360139Z GET https://localhost/my/app/auth 200 1.2.3.4 Prometheus/2.40.5 < www.example.com bots"},
		"common_vhost.log":             {"2012-02-10T21:42:07Z GET https://www.example.com/ 301 1.2.3.4 - redirects"},
		"common_complete.log":          {"2012-02-10T21:42:07Z GET https://www.example.com/ 301 " + chrome + " redirects"},
		"common_encoding_big5.log":     {"2012-02-10T21:42:07Z GET https://www.example.com/¬°¨ä\u00adÝ¦æ´c¹D 301 " + chrome + " redirects"},
		"ncsa_extended.log":            {"2012-02-10T21:42:07Z GET / 301 " + chrome + " redirects"},
		"custom_regex_custom_date.log": {"2012-02-10T15:42:07Z GET / 301 1.2.3.4 - redirects"},
		"splitted_date_and_time.log":   {"2015-12-07T10:37:05Z GET /stream 200 1.2.3.4 NSPlayer/10.0.0.3702 WMFSDK/10.0 bots"},
		"amazon_cloudfront_web.log":    {"2014-05-23T01:13:11Z GET https://example.com/view/my/file.html 200 192.0.2.10 Mozilla/5.0 (Windows; U; Windows NT 6.1; de-DE) AppleWebKit/534.17 (KHTML, like Gecko) Chrome/10.0.649.0 Safari/534.17 < https://example.com/"},
		"amazon_cloudfront_rtmp.log": {"2010-03-12T23:51:20Z connect https://shqshne4jdp4b6.cloudfront.net/cfx/st 0 192.0.2.147 LNX 10,0,32,18 other",
			"2010-03-12T23:51:21Z play https://shqshne4jdp4b6.cloudfront.net/cfx/st 0 192.0.2.222 LNX 10,0,32,18 other"},
		"iis_custom.log": {"2012-08-15T15:00:00.363Z GET https://xzy.example.com/Products/theProduct 200 70.95.0.0 Mozilla/5.0 (Linux; Android 4.4.4; SM-G900V Build/KTU84P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/39.0.2171.59 Mobile Safari/537.36 < http://example.com/Search/SearchResults.pg?informationRecipient.languageCode.c=en",
			"it names no visitor's address",
			"2012-08-15T15:00:00.675Z GET https://hello.example.com/hello/world/6,681965 404 173.5.0.0 Mozilla/5.0 (Macintosh; Intel Mac OS X 10_10_1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/37.0.2062.124 Safari/537.36 errors"},
		// The second request was broken off; it was answered with nothing.
		"incapsula_w3c.log": {"2017-06-28T07:26:35Z GET https://www.example.com/page.php 200 123.123.123.123 Mozilla/5.0 (Windows NT 6.1; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/58.0.3029.110 Safari/537.36",
			"2017-06-26T18:21:17Z GET https://www.example.com/rss/news -1 125.125.125.125 Mozilla/5.0 (Macintosh; Intel Mac OS X 10.10; rv:45.0) Gecko/20100101 Thunderbird/45.8.0 Lightning/4.7.8 errors"},
		"netscaler.log": {"2012-08-16T11:55:13Z GET /Citrix/XenApp/Wan/auth/login.jsp 302 172.20.1.0 Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 5.1; Trident/4.0; .NET CLR 1.1.4322; .NET CLR 2.0.50727; .NET CLR 3.0.04506.648; .NET CLR 3.5.21022) redirects"},
		// What a page told a tracker is no page.
		"nginx_json.log": {"2013-10-10T14:52:00Z GET https://www.piwik.org/piwik.php 200 1.2.3.4 Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.17 (KHTML, like Gecko) Chrome/24.0.1312.57 Safari/537.17 < http://clearcode.cc/ other",
			"2013-10-10T14:52:00Z GET https://www.piwik.org/piwik.php 200 1.2.3.4 Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.17 (KHTML, like Gecko) Chrome/24.0.1312.57 Safari/537.17 < http://clearcode.cc/ other"},
		"logs_to_tests.log": {"2013-02-05T07:01:26Z GET /piwik.php 200 203.38.78.246 Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.17 (KHTML, like Gecko) Chrome/24.0.1312.57 Safari/537.17 < http://clearcode.cc/ other",
			"2013-02-05T07:01:41Z GET /piwik.php 200 203.38.78.246 Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.17 (KHTML, like Gecko) Chrome/24.0.1312.57 Safari/537.17 < http://clearcode.cc/case/adviserbrief-track-your-investments-and-plan-financial-future other",
			"2013-02-05T07:01:46Z GET /piwik.php 200 203.38.78.246 Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.17 (KHTML, like Gecko) Chrome/24.0.1312.57 Safari/537.17 < http://clearcode.cc/case/atl-apps-mobile-android-ios-games other",
			"2013-10-28T23:48:46Z HEAD / 403 95.81.66.139 - other"},
		"caddy_json.log": {"2023-12-23T23:17:54.81556Z GET https://example.com/beta/ 200 1.2.3.4 Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:121.0) Gecko/20100101 Firefox/121.0",
			"2023-12-23T23:17:54.901119Z GET https://example.com/beta/assets/index-mMaLXldj.css 200 1.2.3.4 Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:121.0) Gecko/20100101 Firefox/121.0 < https://example.com/beta/ static",
			"2023-12-23T23:17:55.141868Z GET https://example.com/beta/assets/index-HIcRLzdf.js 200 1.2.3.4 Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:121.0) Gecko/20100101 Firefox/121.0 < https://example.com/beta/ static"},
		"static_ignores.log": {"2012-02-10T21:41:07Z GET https://www.example.com/ 200 " + chrome,
			"2012-02-10T21:42:07Z GET https://www.example.com/robots.txt 200 2.2.3.4 Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/535.11 (KHTML, like Gecko) Chrome/17.1.963.56 Safari/535.11 static",
			"2012-02-10T21:43:07Z GET https://www.example.com/image.png 200 3.2.3.4 Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/535.11 (KHTML, like Gecko) Chrome/17.2.963.56 Safari/535.11 static",
			"2012-02-10T21:44:07Z GET https://www.example.com/font.woff2 200 4.2.3.4 Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/535.11 (KHTML, like Gecko) Chrome/17.3.963.56 Safari/535.11 static"},
	} {
		t.Run(name, func(t *testing.T) {
			i, err := w.Create(ctx, importer.Request{Name: name, Draft: true}, openData(t, "importers/access-log-formats/"+name))
			if err != nil {
				t.Fatal(err)
			}
			if i.Kind != importer.WebLogs {
				t.Errorf("it is taken for %s", i.Kind)
			}
			text, err := os.ReadFile(w.Dir + "/" + i.ID.String() + "/data")
			if err != nil {
				t.Fatal(err)
			}
			zone, err := time.LoadLocation(berlin)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, readLog(string(text), zone)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if files, err := os.ReadDir(testdata(t, "importers/access-log-formats")); err != nil || len(files) != 28 {
		t.Errorf("%d forms of logs are published, 28 are looked at: %v", len(files), err)
	}
}

// readLog writes down what each line says.
func readLog(text string, zone *time.Location) []string {
	var out []string
	log := weblog.NewReader(zone)
	for line := range strings.Lines(text) {
		h, err := log.Line(line)
		switch {
		case errors.Is(err, weblog.ErrSkip):
			continue
		case err != nil:
			out = append(out, err.Error())
			continue
		}
		address, agent := h.Path, h.Agent
		if u := h.URL(); u != "" {
			address = u
		}
		if agent == "" {
			agent = "-"
		}
		s := fmt.Sprintf("%s %s %s %d %s %s", h.At.UTC().Format(time.RFC3339Nano), h.Method, address, h.Status, h.IP, agent)
		if h.Referrer != "" {
			s += " < " + h.Referrer
		}
		out = append(out, strings.TrimSpace(s+" "+h.Judge()))
	}
	return out
}
