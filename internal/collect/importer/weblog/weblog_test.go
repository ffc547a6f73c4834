package weblog_test

import (
	"errors"
	"testing"
	"time"

	"rapport/internal/collect/importer/weblog"
)

func TestLine(t *testing.T) {
	const agent = "Mozilla/5.0 (X11; Linux x86_64) Chrome/120"
	at := "2012-02-10T21:42:07Z"
	for name, c := range map[string]struct {
		head, line string
		want       weblog.Hit
		at         string
		judged     string
	}{
		"common":                    {"", `1.2.3.4 - bob [10/Feb/2012:16:42:07 -0500] "GET /a?x=1 HTTP/1.0" 200 368`, weblog.Hit{IP: "1.2.3.4", Method: "GET", Path: "/a", Query: "x=1", Status: 200}, at, ""},
		"combined":                  {"", `2001:db8::1 - - [10/Feb/2012:16:42:07 -0500] "GET / HTTP/1.1" 200 - "https://q.example/" "` + agent + `"`, weblog.Hit{IP: "2001:db8::1", Method: "GET", Path: "/", Status: 200, Referrer: "https://q.example/", Agent: agent}, at, ""},
		"vhost":                     {"", `www.example.com 1.2.3.4 - john.doe [10/Feb/2012:16:42:07 -0500] "GET / HTTP/1.1" 301 1 "-" "x"`, weblog.Hit{IP: "1.2.3.4", Host: "www.example.com", Method: "GET", Path: "/", Status: 301, Agent: "x"}, at, "redirects"},
		"address in the parameters": {"", `1.2.3.4 - - [10/Feb/2012:16:42:07 -0500] "GET /a/i.css?p://other.example/about/ HTTP/1.1" 404 1 "-" "x"`, weblog.Hit{IP: "1.2.3.4", Method: "GET", Path: "/a/i.css", Query: "p://other.example/about/", Status: 404, Agent: "x"}, at, "static"},
		"names":                     {"", `pc1.example.org - - [10/Feb/2012:16:42:07 -0500] "POST / HTTP/1.1" 200 1`, weblog.Hit{IP: "pc1.example.org", Method: "POST", Path: "/", Status: 200}, at, "other"},
		"ovh":                       {"", `1.2.3.4 www.example.com bob [10/Feb/2012:16:42:07 -0500] "GET /i.PNG HTTP/1.1" 200 1 "-" "x"`, weblog.Hit{IP: "1.2.3.4", Host: "www.example.com", Method: "GET", Path: "/i.PNG", Status: 200, Agent: "x"}, at, "static"},
		"gandi":                     {"", `www.example.com 1.2.3.4 - bob [10/Feb/2012:16:42:07 -0500] (0 s) "GET / HTTP/1.1" 404 1 "-" "x"`, weblog.Hit{IP: "1.2.3.4", Host: "www.example.com", Method: "GET", Path: "/", Status: 404, Agent: "x"}, at, "errors"},
		"s3":                        {"", `b65 shop.example [10/Feb/2012:16:42:07 -0500] 1.2.3.4 arn:aws:iam::1:user/a.b EB3 WEBSITE.GET.OBJECT index "GET /index HTTP/1.1" 200 - 3 3 1 9 "-" "` + agent + `"`, weblog.Hit{IP: "1.2.3.4", Host: "shop.example", Method: "GET", Path: "/index", Status: 200, Agent: agent}, at, ""},
		"elb":                       {"", `2012-02-10T21:42:07Z my-lb 1.2.3.4:2817 10.0.0.1:80 0.1 0.1 0.1 200 200 0 57 "GET https://www.example.com:443/p HTTP/1.1" "Googlebot/2.1" - -`, weblog.Hit{IP: "1.2.3.4", Host: "www.example.com", Method: "GET", Path: "/p", Status: 200, Agent: "Googlebot/2.1"}, at, "bots"},
		"haproxy":                   {"", `Feb 10 21:42:07 host haproxy[6]: 4.3.2.1:55 [10/Feb/2012:21:42:07.000] f b/c 0/0/0/72/72 200 7 - - ---- 5/4/0/1/0 0/0 "GET /u/ HTTP/1.1"`, weblog.Hit{IP: "4.3.2.1", Method: "GET", Path: "/u/", Status: 200}, at, ""},
		"iis": {"#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query c-ip cs(User-Agent) cs(Referer) cs-host sc-status", `2012-02-10 21:42:07 5.6.7.8 GET /foo a=b 1.2.3.4 Mozilla/5.0+(X11) - www.example.com 200`,
			weblog.Hit{IP: "1.2.3.4", Host: "www.example.com", Method: "GET", Path: "/foo", Query: "a=b", Status: 200, Agent: "Mozilla/5.0 (X11)"}, at, ""},
		"torn":       {"", `1.2.3.4 - - [10/Feb/2012:16:42:07 -0500] "GET /p HTTP/1.1" 200 2 "-" "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.goo`, weblog.Hit{IP: "1.2.3.4", Method: "GET", Path: "/p", Status: 200, Agent: "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.goo"}, at, "bots"},
		"unanswered": {"#Fields: date time c-ip cs-method cs-uri-stem sc-status", `2012-02-10 21:42:07 1.2.3.4 GET /foo -`, weblog.Hit{IP: "1.2.3.4", Method: "GET", Path: "/foo", Status: weblog.Unanswered}, at, "errors"},
		"to Matomo":  {"", `1.2.3.4 - - [10/Feb/2012:16:42:07 -0500] "GET /stats/matomo.php?url=x HTTP/1.1" 200 2`, weblog.Hit{IP: "1.2.3.4", Method: "GET", Path: "/stats/matomo.php", Query: "url=x", Status: 200}, at, "other"},
		"json": {"", `{"ts":1328910127,"request":{"client_ip":"1.2.3.4","method":"GET","host":"E.example","uri":"/b/?c=1","headers":{"User-Agent":["x"]}},"status":200}`,
			weblog.Hit{IP: "1.2.3.4", Host: "e.example", Method: "GET", Path: "/b/", Query: "c=1", Status: 200, Agent: "x"}, at, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := weblog.NewReader(nil)
			if c.head != "" {
				if _, err := r.Line(c.head); !errors.Is(err, weblog.ErrSkip) {
					t.Fatal(err)
				}
			}
			h, err := r.Line(c.line)
			if err != nil {
				t.Fatal(err)
			}
			if got := h.At.UTC().Format(time.RFC3339); got != c.at {
				t.Errorf("at %s, want %s", got, c.at)
			}
			judged := h.Judge()
			h.At = time.Time{}
			if h != c.want || judged != c.judged {
				t.Errorf("got  %+v %q\nwant %+v %q", h, judged, c.want, c.judged)
			}
		})
	}
}

func TestNoRequests(t *testing.T) {
	for line, skipped := range map[string]bool{
		"": true, "# a comment": true, `2015-05-13T23:39:43.945958Z lb 1.1.1.1:2 10.0.0.1:80 0 0 0 - - 82 305 "- - - " "-" - -`: true,
		"id,name\n": false, `{"event":"x"}`: false, `1.2.3.4 - - [never] "GET / HTTP/1.1" 200 1`: false,
	} {
		_, err := weblog.NewReader(nil).Line(line)
		if err == nil || errors.Is(err, weblog.ErrSkip) != skipped {
			t.Errorf("%q: %v", line, err)
		}
	}
}

func TestCampaign(t *testing.T) {
	h := weblog.Hit{Host: "e.example", Path: "/p", Query: "email=a%40b.c&utm_source=news&utm_campaign=Spring+26"}
	if c := h.Campaign(); c["source"] != "news" || c["name"] != "Spring 26" || len(c) != 2 {
		t.Error(c)
	}
	if h.URL() != "https://e.example/p" {
		t.Error(h.URL())
	}
}

// TestRobots tells programs from browsers whose names sound like some.
func TestRobots(t *testing.T) {
	for agent, robot := range map[string]bool{
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": true, "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)": true,
		"Mozilla/5.0 (compatible; YandexImages/3.0; +http://yandex.com/bots)": true, "DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)": true, "curl/8.5.0": true,
		"Sogou web spider/4.0(+http://www.sogou.com/docs/help/webmasters.htm#07)": true, "Mozilla/5.0 (compatible; DuckDuckGo-Favicons-Bot/1.0; +http://duckduckgo.com)": true,
		"": false, "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.4844.58 Mobile Safari/537.36": false,
		"Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/120.0.0.0 Mobile DuckDuckGo/5 Safari/537.36":                       false,
		"Mozilla/5.0 (Linux; Android 11) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/76.0.3809.89 Mobile Safari/537.36 T7/12.28 baiduboxapp/12.28.0.10": false,
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/118.0.0.0 YaBrowser/23.11.0 Yowser/2.5 Safari/537.36":                false,
	} {
		if weblog.Robot(agent) != robot {
			t.Errorf("%q is taken for a robot: %v", agent, !robot)
		}
	}
}

func FuzzLine(f *testing.F) {
	f.Add("#Fields: date time c-ip cs-uri-stem\n2012-01-01 00:00:00 1.1.1.1 /")
	f.Add(`1.2.3.4 - - [10/Feb/2012:16:42:07 -0500] "GET / HTTP/1.0" 301 368 "-" "x"`)
	f.Fuzz(func(t *testing.T, s string) {
		r := weblog.NewReader(nil)
		for line := range splitLines(s) {
			if h, err := r.Line(line); err == nil {
				if h.IP == "" || h.Path == "" {
					t.Errorf("%q: %+v", line, h)
				}
				h.Judge()
				h.Campaign()
			}
		}
	})
}

func splitLines(s string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for s != "" {
			i := 0
			for i < len(s) && s[i] != '\n' {
				i++
			}
			if !yield(s[:i]) {
				return
			}
			s = s[min(i+1, len(s)):]
		}
	}
}
