package weblog

import (
	"path"
	"strings"
)

// files are the endings of what belongs to pages and is none.
var files = words(`css js mjs map json xml txt ico png jpg jpeg gif svg webp avif bmp tif tiff woff woff2 ttf otf eot mp3 mp4 m4a m4v webm ogg ogv oga wav flac avi
	mov mpg mpeg swf flv zip gz tgz bz2 xz rar 7z tar deb rpm exe msi dmg apk iso jar war class pdf doc docx xls xlsx ppt pptx csv rss atom wasm webmanifest manifest
	appcache cur ani htc patch diff md5 sha1 asc torrent bin dat ics vcf psd ai eps less scss ts`)

// robots are words by which programs that are no browsers name themselves.
var robots = []string{"bot", "crawl", "spider", "slurp", "archiver", "feed", "rss", "curl", "wget", "libwww", "python", "java/", "okhttp", "go-http-client",
	"http_request", "httpclient", "http-client", "axios", "node-fetch", "php/", "perl", "ruby", "scrapy", "monitor", "uptime", "pingdom", "statuscake", "nagios", "prometheus",
	"check_http", "probe", "scan", "nikto", "sqlmap", "masscan", "zgrab", "nmap", "headless", "phantomjs", "lighthouse", "pagespeed", "facebookexternalhit",
	"whatsapp", "telegram", "embedly", "preview", "validator", "w3c_", "linkcheck", "mediapartners", "adsbot", "apis-google", "bingpreview", "yandex.com/bots", "duckduckgo-favicons", "semrush", "ahrefs", "mj12", "dotbot", "petalbot", "bytespider", "gptbot", "claudebot", "ccbot", "heritrix", "nutch", "tiny tiny", "netvibes", "newsblur",
	"fetch", "ia_archiver", "ltx71", "indexer", "search engine", "wordpress/", "magpie", "universalfeedparser", "genieo", "sleuth", "grabber", "reader", "aggregator",
	"wotbox", "panscient", "nsplayer", "winamp", "itunes", "ping", "zabbix", "elb-healthchecker", "kube-probe", "googlehc", "amazon cloudfront", "dataprovider", "synthetic"}

func words(s string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(s) {
		m[w] = true
	}
	return m
}

// Judge tells why a request is no page view of a person; View where it is one.
func (h *Hit) Judge() string {
	switch {
	case Robot(h.Agent):
		return Bot
	case h.Method != "GET" || h.toTracker():
		return Other
	case h.static():
		return Static
	case h.Status >= 300 && h.Status < 400 && h.Status != 304:
		return Redirect
	case h.Status >= 400 || h.Status == Unanswered:
		return Failed
	case h.Status != 0 && h.Status != 304 && (h.Status < 200 || h.Status > 299):
		return Other
	}
	return View
}

// toTracker tells whether a page told Matomo something with it: that is no page, and the page stands in the log itself.
func (h *Hit) toTracker() bool {
	switch path.Base(h.Path) {
	case "matomo.php", "piwik.php":
		return true
	}
	return false
}

func (h *Hit) static() bool {
	ending := strings.ToLower(strings.TrimPrefix(path.Ext(h.Path), "."))
	return files[ending]
}

// Robot tells whether a user agent is none of a person's browser. None at all is what programs send, but logs of the common form hold no user agents:
// what is not said is not held against anybody.
func Robot(agent string) bool {
	a := strings.ReplaceAll(strings.ToLower(agent), "cubot", "") // a make of phones
	for _, w := range robots {
		if strings.Contains(a, w) {
			return true
		}
	}
	return false
}
