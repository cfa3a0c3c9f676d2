package auth

import "net/http"

// Require passes requests with a token that v accepts on to next, with the
// principal in the context. It passes all others to refuse, with an error that
// is ErrUnauthenticated.
func Require(v *Verifier, next http.Handler, refuse func(http.ResponseWriter, *http.Request, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := v.request(r)
		if err != nil {
			refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(NewContext(r.Context(), p)))
	})
}

func (v *Verifier) request(r *http.Request) (Principal, error) {
	authorization, err := FromRequest(r)
	if err != nil {
		return Principal{}, err
	}
	return v.Principal(authorization)
}

var (
	errSeveral = refusal("send one Authorization header, not several")
	errInURL   = refusal("a token in the address ends up in logs; send it in the Authorization header")
)

// FromRequest returns the value of the request's only Authorization header,
// for Principal. It refuses several headers, because two readers could take
// them for two people. It refuses a token in the address even beside a header
// (RFC 6750 section 2).
func FromRequest(r *http.Request) (string, error) {
	if r.URL.RawQuery != "" && r.URL.Query().Has("access_token") {
		return "", errInURL
	}
	switch values := r.Header["Authorization"]; len(values) {
	case 0:
		return "", errNoToken
	case 1:
		return values[0], nil
	}
	return "", errSeveral
}
