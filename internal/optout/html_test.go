package optout

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"carerecord/internal/consent"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

// elements is the elements of a page, in order.
func elements(t testing.TB, text string) []*html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var all []*html.Node
	for node := range root.Descendants() {
		if node.Type == html.ElementNode {
			all = append(all, node)
		}
	}
	return all
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func content(n *html.Node) string {
	var b strings.Builder
	for node := range n.Descendants() {
		if node.Type == html.TextNode {
			b.WriteString(node.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

// pages is every kind of page in every language.
func pages(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, language := range languages {
		v := enter(t, options(&queue{}))
		v.path = pathOf(language.code)
		all[language.code+" form"] = body(t, v.get(v.path))
		all[language.code+" errors"] = body(t, v.post(v.filled("kind", "", "by", "", "name", "", "day", "", "month", "", "year", "", "postcode", "", "number", "x", "contact", strings.Repeat("c", 201))))
		all[language.code+" expired"] = body(t, v.post(url.Values{}))
		all[language.code+" done"] = body(t, v.post(v.filled()))
		v.header.Set("Sec-Fetch-Site", "cross-site")
		all[language.code+" refused"] = body(t, v.post(v.filled()))
	}
	return all
}

func TestPagesAreWellMade(t *testing.T) {
	for name, text := range pages(t) {
		ids, labels, remarks := map[string]*html.Node{}, map[string]string{}, map[string]bool{}
		all := elements(t, text)
		level, mains := 0, 0
		for _, n := range all {
			if id := attribute(n, "id"); id != "" {
				if ids[id] != nil {
					t.Errorf("%s: two elements are %s", name, id)
				}
				ids[id] = n
				if strings.HasSuffix(id, "-hint") || strings.HasSuffix(id, "-error") {
					remarks[id] = true
				}
			}
			switch n.Data {
			case "html":
				if got := attribute(n, "lang"); got != strings.Fields(name)[0] {
					t.Errorf("%s: lang is %q", name, got)
				}
			case "title":
				prefix, wrong := words(strings.Fields(name)[0])["error_prefix"], strings.HasSuffix(name, "errors") || strings.HasSuffix(name, "expired")
				if strings.HasPrefix(content(n), prefix) != wrong {
					t.Errorf("%s: the title is %q", name, content(n))
				}
			case "label":
				labels[attribute(n, "for")] = content(n)
			case "h1", "h2", "h3":
				now := int(n.Data[1] - '0')
				// The summary of errors comes before the heading of the page, as the design system has it.
				if now > level+1 && !(level == 0 && strings.Contains(attribute(n, "class"), "error-summary")) {
					t.Errorf("%s: %s after level %d", name, n.Data, level)
				}
				level = now
			case "main":
				mains++
			case "script", "iframe", "object", "embed", "style", "base":
				t.Errorf("%s: there is a <%s>", name, n.Data)
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
					t.Errorf("%s: <%s %s>", name, n.Data, a.Key)
				}
				if (a.Key == "href" || a.Key == "src" || a.Key == "action") && !strings.HasPrefix(a.Val, Path) && !strings.HasPrefix(a.Val, "#") {
					t.Errorf("%s: leads to %s", name, a.Val)
				}
			}
		}
		if mains != 1 || len(slices.DeleteFunc(slices.Clone(all), func(n *html.Node) bool { return n.Data != "h1" })) != 1 {
			t.Errorf("%s: one main part and one heading are wanted", name)
		}
		for _, n := range all {
			if n.Data == "input" && attribute(n, "type") != "hidden" && labels[attribute(n, "id")] == "" {
				t.Errorf("%s: %s has no label", name, attribute(n, "name"))
			}
			for id := range strings.FieldsSeq(attribute(n, "aria-describedby")) {
				delete(remarks, id)
				if ids[id] == nil || content(ids[id]) == "" {
					t.Errorf("%s: described by %s, which says nothing", name, id)
				}
			}
			if target, is := strings.CutPrefix(attribute(n, "href"), "#"); is && ids[target] == nil {
				t.Errorf("%s: leads to #%s, which is not there", name, target)
			}
		}
		if len(remarks) > 0 {
			t.Errorf("%s: nothing is described by %v", name, slices.Collect(maps.Keys(remarks)))
		}
		for label := range labels {
			if ids[label] == nil {
				t.Errorf("%s: a label for %s, which is not there", name, label)
			}
		}
	}
}

func TestErrorsAreSaidAtTheirFields(t *testing.T) {
	v := enter(t, options(&queue{}))
	text := body(t, v.post(v.filled("name", "", "postcode", "here", "day", "31", "month", "2")))
	described := map[string]string{}
	var links []string
	byID := map[string]*html.Node{}
	for _, n := range elements(t, text) {
		byID[attribute(n, "id")] = n
	}
	for _, n := range elements(t, text) {
		if href := attribute(n, "href"); strings.HasPrefix(href, "#") && href != "#main" {
			links = append(links, href)
		}
		if n.Data == "title" && !strings.HasPrefix(content(n), "Error:") {
			t.Errorf("the title is %q", content(n))
		}
		if id := attribute(n, "aria-describedby"); strings.Contains(id, "-error") {
			fields := strings.Fields(id)
			described[attribute(n, "id")+"/"+n.Data] = content(byID[fields[len(fields)-1]])
		}
	}
	if got := strings.Join(links, " "); got != "#name #day #postcode" {
		t.Errorf("the summary leads to %s", got)
	}
	for field, want := range map[string]string{
		"name/input": "Enter the full name", "postcode/input": "full UK postcode", "/fieldset": "real date",
	} {
		if !strings.Contains(described[field], want) {
			t.Errorf("%s says %q, want %q", field, described[field], want)
		}
	}
	for _, value := range []string{`value="here"`, `value="31"`, `value="SELF" checked`} {
		if !strings.Contains(text, value) {
			t.Errorf("not kept: %s", value)
		}
	}
}

func TestAFaultNamesItsField(t *testing.T) {
	v := enter(t, options(&queue{}))
	text := body(t, v.post(v.filled("number", "x", "contact", strings.Repeat("c", 201))))
	if want := "“Phone number or email” must have 200 characters or fewer"; strings.Count(text, want) != 2 {
		t.Errorf("the summary and the field do not say %s:\n%s", want, text)
	}
}

func TestEachLanguageLeadsToTheOthers(t *testing.T) {
	for _, here := range languages {
		v := enter(t, options(&queue{}))
		got := map[string]string{}
		for _, n := range elements(t, body(t, v.get(pathOf(here.code)))) {
			if code := attribute(n, "lang"); n.Data == "a" || attribute(n, "aria-current") == "page" {
				got[code] = attribute(n, "href") + " " + content(n)
			}
		}
		delete(got, "") // the link past the links
		for _, other := range languages {
			want := Path + "/" + other.code
			switch other.code {
			case here.code:
				want = ""
			case english:
				want = Path
			}
			if want += " " + words(other.code)["language"]; got[other.code] != want {
				t.Errorf("%s leads to %q, want %q", here.code, got[other.code], want)
			}
		}
	}
}

// Browsers fill in what they know of whoever asks, and show the keys for digits.
func TestFieldsSayWhatIsWrittenInThem(t *testing.T) {
	got := map[string]string{}
	for _, n := range elements(t, body(t, enter(t, options(&queue{})).get(Path))) {
		if attribute(n, "type") == "text" {
			got[attribute(n, "id")] = strings.Join([]string{attribute(n, "autocomplete"), attribute(n, "inputmode"), strings.Join(strings.Fields(attribute(n, "class")), " ")}, "|")
		}
	}
	want := map[string]string{
		"name": "name||nhsuk-input", "postcode": "postal-code||nhsuk-input nhsuk-input--width-10", "number": "off|numeric|nhsuk-input nhsuk-input--width-10",
		"day": "bday-day|numeric|nhsuk-input nhsuk-date-input__input nhsuk-input--width-2", "month": "bday-month|numeric|nhsuk-input nhsuk-date-input__input nhsuk-input--width-2",
		"year":     "bday-year|numeric|nhsuk-input nhsuk-date-input__input nhsuk-input--width-4",
		"rep_name": "off||nhsuk-input", "relationship": "off||nhsuk-input", "evidence": "off||nhsuk-input", "contact": "off||nhsuk-input", "more": "off||",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// hostile is what each field is filled with.
var hostile = []string{
	`"><script>alert(1)</script>`, `' onfocus='alert(1)' autofocus='`, `</title><svg onload=alert(1)>`, `{{.Token}}`, "javascript:alert(1)",
	`" autofocus onfocus="alert(1)`, "<!--", "]]>", `&#34;&gt;&lt;img src=x onerror=alert(1)&gt;`, "\u2028<b>\x00", "\xff<i>", `\"><b>`, "<marker>",
}

func TestHostileFields(t *testing.T) {
	v := enter(t, Options{Add: (&queue{}).add, Key: options(nil).Key, Limits: Limits{AddressTries: Rate{1_000_000, 1_000_000}, Tries: Rate{1_000_000, 1_000_000}}})
	shape := func(text string) string {
		var b strings.Builder
		for _, n := range elements(t, text) {
			b.WriteString(n.Data)
			for _, a := range n.Attr {
				b.WriteString(" " + a.Key)
				if a.Key != "value" {
					b.WriteString("=" + a.Val)
				}
			}
			b.WriteString("\n")
		}
		return b.String()
	}
	for field := range (&form{}).fields() {
		// A fault that all of these cause, so that only values differ between the pages.
		fault := []string{"kind", "", "by", ""}
		plain := v.post(v.filled(append(fault, field, "\u202e")...))
		want := shape(body(t, plain))
		for _, text := range hostile {
			got := body(t, v.post(v.filled(append(fault, field, text+"\u202e")...)))
			if shape(got) != want {
				t.Errorf("%s filled with %q makes another page:\n%s", field, text, got)
			}
			if strings.Contains(got, "<script") || strings.Contains(got, "<marker>") {
				t.Errorf("%s filled with %q comes back as it was", field, text)
			}
		}
	}
}

func FuzzForm(f *testing.F) {
	v := url.Values{"kind": {"OPT_OUT"}, "by": {"SELF"}, "name": {"Ada Example"}, "day": {"3"}, "month": {"2"}, "year": {"1950"}, "postcode": {"N1 9GU"}}
	f.Add(v.Encode())
	v.Set("by", "PARENT")
	v.Set("rep_name", "Rae")
	v.Set("relationship", "mother")
	v.Set("year", "2020")
	f.Add(v.Encode())
	for _, text := range hostile {
		f.Add("name=" + url.QueryEscape(text) + "&contact=" + url.QueryEscape(text))
	}
	f.Add("day=%E0%A7%A9&year=99999999999999999999&month=-0&number=999+000-0018&postcode=%C4%B1")
	f.Add("name=a&name=b")
	s := &server{Options: options(&queue{})}
	s.fill()
	s.texts = catalogues(s.Policy)
	f.Fuzz(func(t *testing.T, text string) {
		values, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		written, ok := readForm(values)
		if !ok {
			return
		}
		request, faults := written.request(s.Policy, "2026-03-10")
		if len(faults) == 0 {
			request.Language, request.Reference = english, "AAAA-BBBB-CCCC"
			if err := request.Check(); err != nil {
				t.Errorf("a form without a fault makes a request that the queue does not take: %v", err)
			}
			if got := s.Policy.MayAsk(request.RequestedBy, request.Representative, "", ""); got == consent.AskingUnknownRole {
				t.Error("anyone may ask")
			}
		}
		var page bytes.Buffer
		if err := pageTemplate.Execute(&page, s.formPage(s.texts[english], written, faults)); err != nil {
			t.Fatal(err)
		}
		for _, n := range elements(t, page.String()) {
			if n.Data == "script" || n.Data == "svg" || n.Data == "img" {
				t.Errorf("a <%s>", n.Data)
			}
		}
	})
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

func TestCatalogues(t *testing.T) {
	all := map[string]map[string]string{}
	for _, language := range languages {
		all[language.code] = words(language.code)
	}
	if len(all) != 6 {
		t.Errorf("%d languages, want English and the five", len(all))
	}
	for code, words := range all {
		for _, key := range slices.Sorted(maps.Keys(all[english])) {
			want, got := placeholder.FindAllString(all[english][key], -1), placeholder.FindAllString(words[key], -1)
			slices.Sort(want)
			slices.Sort(got)
			if words[key] == "" || !slices.Equal(want, got) {
				t.Errorf("%s: %s has the placeholders %v, want %v", code, key, got, want)
			}
			if strings.ContainsAny(words[key], "<>&") {
				t.Errorf("%s: %s has marks of HTML", code, key)
			}
			if code != english && words[key] == all[english][key] && key != "error_prefix" {
				t.Errorf("%s: %s is not translated", code, key)
			}
		}
	}
	if consent.RequestWorkingDays != 2 {
		t.Error("the catalogues say two working days")
	}
}

func TestAKeyWithoutWordsIsNotSilence(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("nothing is said, and nobody knows")
		}
	}()
	catalogues(consent.Default())[english].say("no such key")
}

func TestTranslationsSayThatTheyAreDrafts(t *testing.T) {
	draft := words(english)["draft"]
	for name, text := range pages(t) {
		code := strings.Fields(name)[0]
		if got := strings.Contains(text, draft); got != (code != english) {
			t.Errorf("%s: says that it is a draft: %t", name, got)
		}
	}
}

func TestWhomToRingAndWhereToSend(t *testing.T) {
	v := enter(t, options(&queue{}))
	for _, want := range []string{"Ring your GP practice or the organisation that cares for you", "Hand it in at your GP practice", "by phone, email and paper", "even in an emergency"} {
		if text := body(t, v.get(Path)); !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	o := options(&queue{})
	o.Phone, o.Freepost = "the number on the poster", "FREEPOST EXAMPLE\n<Line two>"
	text := body(t, enter(t, o).get(Path))
	for _, want := range []string{"Ring the number on the poster.", "FREEPOST EXAMPLE<br>&lt;Line two&gt;"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestAssets(t *testing.T) {
	sums := strings.Fields(string(assets["SHA256SUMS"]))
	for i := 0; i < len(sums); i += 2 {
		if sum := sha256.Sum256(assets[sums[i+1]]); hex.EncodeToString(sum[:]) != sums[i] {
			t.Errorf("%s is not what was built", sums[i+1])
		}
	}
	if len(sums) != 2*(len(assets)-1) {
		t.Errorf("%d sums of %d files", len(sums)/2, len(assets)-1)
	}
	css := string(assets[strings.TrimPrefix(assets.path(".css"), Path+"/assets/")])
	for _, stranger := range []string{"url(", "@import", "@font-face", "http:", "https:"} {
		if strings.Contains(css, stranger) {
			t.Errorf("the style sheet has %s", stranger)
		}
	}
	v := enter(t, options(&queue{}))
	if text := body(t, v.get(Path+"/assets/LICENCES")); !strings.Contains(text, "nhsuk-frontend 10.6.1") || !strings.Contains(css, "nhsuk-frontend 10.6.1") {
		t.Errorf("the licence is %q", text)
	}
	for path, want := range map[string]string{
		assets.path(".css"): "text/css; charset=utf-8", assets.path(".svg"): "image/svg+xml; charset=utf-8", Path + "/assets/LICENCES": "text/plain; charset=utf-8",
	} {
		response := v.get(path)
		if got := response.Header.Get("Content-Type"); got != want || response.ContentLength != int64(len(body(t, response))) {
			t.Errorf("%s is %s of %d", path, got, response.ContentLength)
		}
		if kept := strings.Contains(response.Header.Get("Cache-Control"), "immutable"); kept != strings.Contains(path, ".") {
			t.Errorf("%s is kept for ever: %t", path, kept)
		}
	}
	if got := v.get(Path + "/assets/none").StatusCode; got != http.StatusNotFound {
		t.Errorf("an asset that there is not: %d", got)
	}
	for _, class := range regexp.MustCompile(`class="([^"{]*)"`).FindAllStringSubmatch(pageText, -1) {
		for name := range strings.FieldsSeq(class[1]) {
			if !strings.Contains(css, "."+name) && !slices.Contains([]string{"nhsuk-label--s", "nhsuk-input", "nhsuk-date-input__label"}, name) {
				t.Errorf("the style sheet does not know %s; build it again", name)
			}
		}
	}
}
