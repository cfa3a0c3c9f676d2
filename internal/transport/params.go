package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
)

// parameters are the parameters of a request.
type parameters struct {
	graphql.RawParams
	id      string // documentId
	written []byte // raw JSON of the query or the id; nil if texts holds it
}

// read parses the parameters of a request.
func (h *handler) read(w http.ResponseWriter, r *http.Request) (*parameters, *refusal) {
	if r.Method == http.MethodGet {
		return readAddress(r.URL.RawQuery)
	}
	if refused := checkContentType(r.Header["Content-Type"]); refused != nil {
		return nil, refused
	}
	if refused := checkEncoding(r.Header); refused != nil {
		return nil, refused
	}
	body, refused := h.readBody(w, r)
	if refused != nil {
		return nil, refused
	}
	defer release(body)
	return readJSON(body.Bytes(), h.options.Limits.Values, &h.texts)
}

// checkContentType accepts only JSON in UTF-8. Any web page can make a browser send a form or plain text
// without a preflight request.
func checkContentType(values []string) *refusal {
	if len(values) == 1 {
		media, params, err := mime.ParseMediaType(values[0])
		if err == nil && media == mediaJSON && utf8Charset(params) {
			return nil
		}
	}
	return refuse(http.StatusUnsupportedMediaType, BadUserInput, "Send the request as application/json in UTF-8.")
}

var (
	errEmpty   = badRequest("The body is empty; send a JSON object with a query or a documentId.")
	errJSON    = badRequest("The body is not one JSON object in UTF-8. Check its quotation marks and commas; those in the query, and its line breaks, are escaped.")
	errBatch   = badRequest("Several requests in one body are not answered; send them one by one.")
	errDoubled = badRequest("query, documentId, operationName and variables may stand in a request once each.")
	errType    = badRequest("query, documentId and operationName are strings; variables and extensions are objects.")
	errBoth    = badRequest("A request has a query or a documentId; leave one out.")
	errMembers = badRequest("A request has a query or a documentId, operationName, variables and extensions; leave the other members out.")
	errTwice   = badRequest("An object in variables has a member twice; name each once.")
	errNeither = badRequest("The request has no query and no documentId; send one of them.")
)

// maxMembers limits the members of a request, of which four at most are of use. Each costs time to read, an
// empty one more than its bytes suggest.
const maxMembers = 50

// readJSON parses a body. values limits the values in its variables. Unknown members are ignored.
func readJSON(body []byte, values int, known *texts) (*parameters, *refusal) {
	body = bytes.Trim(body, whiteSpace)
	switch {
	case len(body) == 0:
		return nil, errEmpty
	case !utf8.Valid(body):
		return nil, errJSON
	case body[0] == '[':
		return nil, errBatch
	}
	params, in := new(parameters), members{body}
	if !in.next('{') {
		return nil, errJSON
	}
	seen := map[string]bool{}
	for n := 0; in.more(n); n++ {
		if n == maxMembers {
			return nil, errMembers
		}
		name, value := in.member()
		if refused := params.read(name, value, seen, values, known); refused != nil {
			return nil, refused
		}
	}
	if !in.next('}') || len(in.rest) > 0 {
		return nil, errJSON
	}
	return params, nil
}

// read takes one member. Whatever parses the value checks that it is JSON.
func (p *parameters) read(name string, value []byte, seen map[string]bool, values int, known *texts) *refusal {
	if into := p.text(name); into != nil {
		return p.readText(value, into, seen, name, known)
	}
	if !json.Valid(value) {
		return errJSON
	}
	if name == "variables" {
		if seen[name] {
			return errDoubled
		}
		if seen[name] = true; commas(value) > values {
			return decline(tooManyValues())
		}
	}
	return p.set(name, value)
}

// readText reads a JSON string; null becomes "".
func (p *parameters) readText(value []byte, into *string, seen map[string]bool, name string, known *texts) *refusal {
	ofDocument := name != "operationName"
	text, found := "", false
	if ofDocument {
		text, found = known.find(value)
	}
	var err error
	if !found {
		err = json.Unmarshal(value, &text)
	}
	if _, other := errors.AsType[*json.UnmarshalTypeError](err); other {
		return errType
	}
	switch {
	case err != nil:
		return errJSON
	case seen[name]:
		return errDoubled
	}
	*into, seen[name] = text, true
	// null and "" only accompany the other of query and documentId, so they are not cached.
	if ofDocument && !found && text != "" && len(value) <= maxKept {
		p.written = bytes.Clone(value)
	}
	return nil
}

// commas counts the commas between values before any value is allocated. Nothing else counts a variable that
// the operation does not define.
func commas(raw []byte) (n int) {
	inText := false
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			inText = !inText
		case '\\':
			i++ // only in a string, where it escapes the next byte
		case ',':
			if !inText {
				n++
			}
		}
	}
	return n
}

// deepest is how deep doubled looks; deeper values are declined as such.
const deepest = 20

// doubled reports whether an object in a JSON text has a member twice: a proxy between the client and us may
// use one of them, and we the other.
func doubled(text []byte, depth int) bool {
	in := members{bytes.TrimLeft(text, whiteSpace)}
	if bytes.IndexByte(text, '{') < 0 || depth > deepest {
		return false
	}
	if in.next('[') {
		for len(in.rest) > 0 {
			end := valueEnd(in.rest)
			if doubled(in.rest[:end], depth+1) {
				return true
			}
			if in.rest = in.rest[end:]; !in.next(',') {
				return false
			}
		}
	}
	if !in.next('{') {
		return false
	}
	names := map[string]bool{}
	for n := 0; in.more(n); n++ {
		name, value := in.member()
		if names[name] || doubled(value, depth+1) {
			return true
		}
		names[name] = true
	}
	return false
}

// text returns the field of a string parameter; nil for any other. Names are compared exactly: encoding/json
// would take "Query" for "query".
func (p *parameters) text(name string) *string {
	switch name {
	case "query":
		return &p.Query
	case "documentId":
		return &p.id
	case "operationName":
		return &p.OperationName
	}
	return nil
}

// set sets variables or extensions; other members are ignored.
func (p *parameters) set(name string, raw []byte) *refusal {
	var err error
	switch name {
	case "variables":
		if doubled(raw, 0) {
			return errTwice
		}
		p.Variables, err = object(raw)
	case "extensions":
		err = objectOrNull(raw) // nothing here reads them
	}
	if err != nil {
		return errType
	}
	return nil
}

// object parses a JSON object and keeps its numbers as json.Number; null becomes nil.
func object(raw []byte) (m map[string]any, err error) {
	in := json.NewDecoder(bytes.NewReader(raw))
	in.UseNumber()
	err = in.Decode(&m)
	return m, err
}

var errNoObject = errors.New("JSON that is neither an object nor null")

// objectOrNull returns an error for any other JSON.
func objectOrNull(raw []byte) error {
	if raw = bytes.TrimLeft(raw, " \t\r\n"); raw[0] != '{' && raw[0] != 'n' {
		return errNoObject
	}
	return nil
}

// readAddress reads the parameters of a GET.
func readAddress(query string) (*parameters, *refusal) {
	values, err := url.ParseQuery(query)
	if err != nil || !utf8.ValidString(query) {
		return nil, badRequest("The parameters in the address are not well formed.")
	}
	params := new(parameters)
	for _, name := range []string{"query", "documentId", "operationName", "variables", "extensions"} {
		if len(values[name]) > 1 {
			return nil, errDoubled
		}
		if refused := setAddressParam(params, name, values.Get(name)); refused != nil {
			return nil, refused
		}
	}
	return params, nil
}

func setAddressParam(params *parameters, name, value string) *refusal {
	switch {
	case !utf8.ValidString(value):
		return badRequest("The parameters in the address are not in UTF-8.")
	case value == "":
	case params.text(name) != nil:
		*params.text(name) = value
	case !json.Valid([]byte(value)):
		return badRequest("variables and extensions are JSON objects.")
	default:
		return params.set(name, []byte(value))
	}
	return nil
}
