package session

import "strings"

// Device is what a browser says about itself, in names that are the same in every language; a field is empty where it says nothing known.
type Device struct {
	Browser string `json:"browser" example:"Firefox"`
	System  string `json:"system" example:"Windows"`
	Kind    string `json:"kind" enum:"desktop,phone,tablet,other"`
}

type mark struct{ find, name string }

// Browsers pretend to be each other: the first mark that is found counts, so the pretended ones come last.
var browsers = []mark{
	{"Edg/", "Edge"}, {"EdgA/", "Edge"}, {"EdgiOS/", "Edge"}, {"OPR/", "Opera"}, {"Vivaldi/", "Vivaldi"}, {"SamsungBrowser/", "Samsung Internet"},
	{"YaBrowser/", "Yandex"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"HeadlessChrome/", "Chrome"},
	{"Chrome/", "Chrome"}, {"Version/", "Safari"}, {"curl/", "curl"},
}

var systems = []mark{
	{"iPhone", "iOS"}, {"iPad", "iPadOS"}, {"Android", "Android"}, {"Windows", "Windows"}, {"CrOS", "ChromeOS"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"},
}

// DeviceOf reads a User-Agent header.
func DeviceOf(agent string) Device {
	d := Device{Browser: first(browsers, agent), System: first(systems, agent), Kind: "other"}
	switch d.System {
	case "iOS":
		d.Kind = "phone"
	case "iPadOS":
		d.Kind = "tablet"
	case "Android":
		d.Kind = "tablet"
		if strings.Contains(agent, "Mobile") {
			d.Kind = "phone"
		}
	case "Windows", "ChromeOS", "macOS", "Linux":
		d.Kind = "desktop"
	}
	return d
}

func first(marks []mark, agent string) string {
	for _, m := range marks {
		if strings.Contains(agent, m.find) {
			return m.name
		}
	}
	return ""
}
