package demo

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPicturesAreWellFormedAndDiffer(t *testing.T) {
	products, _ := catalogue()
	if len(products) < 80 || len(products) > 150 {
		t.Errorf("%d products", len(products))
	}
	seen := map[string]string{}
	for _, p := range products {
		svg, ok := Picture(p.SKU)
		if !ok {
			t.Fatalf("no picture of %s", p.SKU)
		}
		again, _ := Picture(p.SKU)
		if !bytes.Equal(svg, again) {
			t.Errorf("%s is drawn in two ways", p.SKU)
		}
		if other, ok := seen[string(svg)]; ok {
			t.Errorf("%s looks like %s", p.SKU, other)
		}
		seen[string(svg)] = p.SKU
		if len(svg) > 24<<10 || bytes.Contains(svg, []byte("%!")) || bytes.Contains(svg, []byte("NaN")) {
			t.Errorf("%s: %d bytes, or a number that is none", p.SKU, len(svg))
		}
		for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", p.SKU, err)
			}
		}
	}
}

func TestPicturesAreServed(t *testing.T) {
	products, _ := catalogue()
	for name, want := range map[string]int{products[0].SKU + ".svg": 200, products[0].Variants[1].SKU + ".svg": 200, strings.ToLower(products[3].SKU) + ".svg": 200,
		"NOPE.svg": 404, products[0].SKU: 404, "": 404} {
		w := httptest.NewRecorder()
		Pictures().ServeHTTP(w, httptest.NewRequest("GET", PicturePath+name, nil))
		if w.Code != want || want == 200 && w.Header().Get("Content-Type") != "image/svg+xml; charset=utf-8" {
			t.Errorf("%s: %d %s", name, w.Code, w.Header().Get("Content-Type"))
		}
	}
}

func TestCatalogue(t *testing.T) {
	products, byKey := catalogue()
	keys := map[string]bool{}
	for _, p := range products {
		if keys[p.Key] {
			t.Errorf("product %s twice", p.Key)
		}
		keys[p.Key] = true
		if p.Name == "" || p.Category == "" || p.Description == "" || len(p.Variants) == 0 || p.Cost <= 0 || p.Cost >= p.Variants[0].Price {
			t.Errorf("%+v", p)
		}
		for _, v := range p.Variants {
			if byKey[v.SKU] != p {
				t.Errorf("variant %s leads elsewhere", v.SKU)
			}
		}
	}
}
