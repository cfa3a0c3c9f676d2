package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sampled is how many full records are compared before peers are measured.
const sampled = 12

// agreeAll compares every server with ours, one after another.
func (h *harness) agreeAll(ctx context.Context) (map[string]map[int]int, error) {
	ours, err := h.start(ctx, h.given, oursName)
	if err != nil {
		return nil, err
	}
	defer func() { _ = ours.stop() }()
	values := map[string]map[int]int{}
	for _, name := range h.options.servers {
		p := ours
		if name != oursName {
			if p, err = h.start(ctx, h.given, name); err != nil {
				return nil, err
			}
		}
		values[name], err = h.agree(ctx, ours, p)
		if p != ours {
			_ = p.stop()
		}
		if err != nil {
			return nil, err
		}
	}
	return values, nil
}

// agree compares the answers of a peer with ours, and counts the values of each answer by
// patients. A peer with the contract's schema has the same data but for what it does not
// work out; one with words of its own holds at least every value as often as ours.
func (h *harness) agree(ctx context.Context, ours, p *process) (map[int]int, error) {
	values := map[int]int{}
	for _, patients := range h.options.patients {
		n := 1
		if patients == 1 {
			n = sampled
		}
		for turn := range n {
			want, err := h.dataOf(ctx, ours, patients, turn)
			if err != nil {
				return nil, err
			}
			got, err := h.dataOf(ctx, p, patients, turn)
			if err != nil {
				return nil, err
			}
			values[patients] = sum(leavesOf(got, nil))
			if err := alike(p, want, got); err != nil {
				return nil, fmt.Errorf("%s does not answer as ours for %d patients: %w", p.name, patients, err)
			}
		}
	}
	return values, nil
}

func (h *harness) dataOf(ctx context.Context, p *process, patients, turn int) (any, error) {
	path, body, err := h.requestOf(p, patients, turn)
	if err != nil {
		return nil, err
	}
	text, err := p.answer(ctx, h.given.Tokens[0], path, body)
	if err != nil {
		return nil, err
	}
	var answer struct{ Data any }
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&answer); err != nil || answer.Data == nil {
		return nil, fmt.Errorf("%s answered %s", p.name, text[:min(len(text), 300)])
	}
	return answer.Data, nil
}

// answer is a whole answer.
func (p *process) answer(ctx context.Context, token, path string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+p.address+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", p.name, err)
	}
	defer answer.Body.Close()
	return io.ReadAll(answer.Body)
}

func alike(p *process, want, got any) error {
	if peer := peers[p.name]; peer != nil && peer.ownWords {
		theirs := leavesOf(got, nil)
		for value, n := range leavesOf(want, peer.lacks) {
			if theirs[value] < n {
				return fmt.Errorf("ours holds %q %d times, theirs %d times", value, n, theirs[value])
			}
		}
		return nil
	}
	return differ("data", comparable(want), comparable(got))
}

// notWorkedOut are the keys that peers answer without looking (state, complete, gaps,
// leftOut), those that carry an id of the server's own, and the time of an answer.
var notWorkedOut = []string{"state", "complete", "gaps", "leftOut", "id", "endCursor", "asOf"}

// comparable is data without what is not worked out, moments in one form, and the entries
// of one list in an order that does not depend on ids.
func comparable(v any) any {
	switch v := v.(type) {
	case map[string]any:
		kept := map[string]any{}
		for key, value := range v {
			if !slices.Contains(notWorkedOut, key) {
				kept[key] = comparable(value)
			}
		}
		return kept
	case []any:
		kept := make([]any, len(v))
		for i := range v {
			kept[i] = comparable(v[i])
		}
		slices.SortFunc(kept, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		return kept
	}
	return leaf(v)
}

// leaf is a value in the form in which servers can be compared.
func leaf(v any) any {
	switch v := v.(type) {
	case string:
		if at, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return at.UTC().Format(time.RFC3339Nano)
		}
		if f, err := strconv.ParseFloat(v, 64); err == nil { // some leave decimals as text
			return f
		}
	case json.Number:
		if f, err := v.Float64(); err == nil {
			return f
		}
	}
	return v
}

// differ finds the first place where two values differ.
func differ(path string, want, got any) error {
	if reflect.DeepEqual(want, got) {
		return nil
	}
	switch want := want.(type) {
	case map[string]any:
		if got, same := got.(map[string]any); same {
			for key := range want {
				if err := differ(path+"."+key, want[key], got[key]); err != nil {
					return err
				}
			}
		}
	case []any:
		if got, same := got.([]any); same && len(want) == len(got) {
			for i := range want {
				if err := differ(fmt.Sprintf("%s.%d", path, i), want[i], got[i]); err != nil {
					return err
				}
			}
		} else if same {
			return fmt.Errorf("%s: ours has %d entries, theirs %d", path, len(want), len(got))
		}
	}
	return fmt.Errorf("%s: ours is %.300v, theirs %.300v", path, want, got)
}

// leavesOf counts every value of an answer that is not null, but for those under the keys
// that are left out.
func leavesOf(v any, without []string) map[string]int {
	found := map[string]int{}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, value := range v {
				if !slices.Contains(notWorkedOut, key) && !slices.Contains(without, key) {
					walk(value)
				}
			}
		case []any:
			for _, value := range v {
				walk(value)
			}
		case nil, bool:
		default:
			found[fmt.Sprint(leaf(v))]++
		}
	}
	walk(v)
	return found
}

func sum(counts map[string]int) (n int) {
	for _, count := range counts {
		n += count
	}
	return n
}
