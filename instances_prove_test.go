//go:build prove

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"carerecord/internal/record"
	"carerecord/internal/sample"
)

// An asked question names a patient; it may have disclosed something of them.
type askedOf struct {
	name    string
	patient record.NHSNumber
	at      time.Time // when it was asked
	shown   bool
}

// TestInstances: three whole services with connections of their own, on one database, behind
// a balancer that takes them in turn. Eight clients read while residents object and withdraw
// and a nurse breaks the glass, each through another instance. What one instance wrote
// holds in the others at once, each disclosure has its event, and the chain holds.
func TestInstances(t *testing.T) {
	from := demonstration(t)
	var instances []string
	for range 3 {
		address, said := served(t, "carerecord", nil)
		if err := untilReady(address, nil); err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
		instances = append(instances, address)
	}
	balancer := inTurn(t, instances)
	gp, nurse, officer := tokenOf(t, from, "gp"), tokenOf(t, from, "mental-health-nurse"), tokenOf(t, from, "opt-out-officer")
	before := events(t, from)

	patients := []record.NHSNumber{sample.Whole, sample.Conflicting, sample.Contradicted, sample.NoneKnown, sample.LongList}
	for _, p := range patients {
		if !reads(t, instances[0], gp, "Before", p) {
			t.Fatalf("the practice does not see %v", p)
		}
	}
	var mu sync.Mutex
	var all []askedOf
	stop := make(chan struct{})
	var asking sync.WaitGroup
	for client := range 8 {
		asking.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				q := askedOf{name: fmt.Sprintf("Client%dAsk%d", client, n), patient: patients[(client+n)%len(patients)], at: time.Now()}
				q.shown = reads(t, balancer, gp, q.name, q.patient)
				mu.Lock()
				all = append(all, q)
				mu.Unlock()
			}
		})
	}

	// Objections come and go through one instance and hold in all.
	type span struct {
		patient    record.NHSNumber
		from, till time.Time
	}
	var objected []span
	changes := 0
	for i := range 12 {
		p := patients[1+i%4]
		input := map[string]any{"nhsNumber": string(p), "channel": "PAPER_FORM", "receivedOn": time.Now().Format(time.DateOnly), "requestedBy": "SELF"}
		change(t, instances[i%3], officer, "RecordOptOut", input)
		s := span{patient: p, from: time.Now()}
		for _, instance := range instances {
			if reads(t, instance, gp, "Objected", p) {
				t.Errorf("shown after the objection")
			}
		}
		s.till = time.Now()
		objected = append(objected, s)
		change(t, instances[(i+1)%3], officer, "WithdrawOptOut", input)
		for _, instance := range instances {
			if !reads(t, instance, gp, "Withdrawn", p) {
				t.Errorf("not shown after the objection was withdrawn")
			}
		}
		changes += 2
	}

	// The glass is broken through one instance, and what it opens is open in all.
	for _, instance := range instances {
		if reads(t, instance, nurse, "Closed", sample.NotInCare) {
			t.Error("shown without a relationship")
		}
	}
	change(t, instances[1], nurse, "BreakGlass", map[string]any{"nhsNumber": string(sample.NotInCare), "reason": "EMERGENCY", "note": "unconscious in resus", "classes": []string{"DEMOGRAPHICS", "ALLERGIES"}})
	changes++
	for i, instance := range instances {
		if !reads(t, instance, nurse, fmt.Sprintf("Broken%d", i), sample.NotInCare) {
			t.Errorf("instance %d does not know that the glass was broken", i)
		}
	}
	close(stop)
	asking.Wait()

	shown := 0
	for _, q := range all {
		if !q.shown {
			continue
		}
		shown++
		for _, s := range objected {
			if q.patient == s.patient && q.at.After(s.from) && q.at.Before(s.till) {
				t.Errorf("%s disclosed what was objected to", q.name)
			}
		}
	}
	written := eventsByName(t, from)
	for _, q := range all {
		if q.shown && !slices.Contains(written[q.name], q.patient) {
			t.Errorf("%s disclosed without an event of its patient", q.name)
		}
	}
	if shown < 50 || shown == len(all) {
		t.Errorf("%d of %d answers disclosed anything", shown, len(all))
	}
	n := events(t, from) - before // which fails where the chain does not hold
	if n < len(all)+changes {
		t.Errorf("%d events of %d questions and %d changes", n, len(all), changes)
	}
	t.Logf("%d answers by 8 clients, %d of them disclosed; %d objections and withdrawals, one broken glass; %d events, and the chain holds", len(all), shown, changes-1, n)
}

// inTurn is the address of a balancer.
func inTurn(t *testing.T, addresses []string) string {
	t.Helper()
	var next atomic.Int64
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: addresses[int(next.Add(1))%len(addresses)]})
	}}
	address := free(t)
	server := &http.Server{Addr: address, Handler: proxy}
	ended := make(chan error, 1)
	go func() { ended <- server.ListenAndServe() }()
	t.Cleanup(func() { server.Close(); <-ended })
	return address
}

// reads asks for a record under a name and reports whether any of it is disclosed.
func reads(t *testing.T, address, token, name string, patient record.NHSNumber) bool {
	t.Helper()
	body, _ := json.Marshal(map[string]any{"query": "query " + name + " ($n: NHSNumber!) { patient(nhsNumber: $n) { id allergies { state } } }", "variables": map[string]any{"n": string(patient)}})
	request, err := http.NewRequest(http.MethodPost, "http://"+address+"/graphql", bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return false
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := client.Do(request)
	if err != nil {
		t.Error(err)
		return false
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	shown := bytes.Contains(text, []byte(`"allergies"`))
	if err != nil || response.StatusCode != http.StatusOK || !shown && !bytes.Contains(text, []byte("RECORD_WITHHELD")) && !bytes.Contains(text, []byte("NO_CARE_RELATIONSHIP")) {
		t.Errorf("%s: %v, %d %s", name, err, response.StatusCode, text)
	}
	return shown
}

// change sends a mutation of the contract and fails where it is refused.
func change(t *testing.T, address, token, name string, input map[string]any) {
	t.Helper()
	file := "opt-out"
	if name == "BreakGlass" {
		file = "break-glass"
	}
	body := map[string]any{"query": operation(t, file), "operationName": name, "variables": map[string]any{"input": input}}
	if status, text := sent(t, address, token, body); status != http.StatusOK || strings.Contains(text, `"errors"`) {
		t.Errorf("%s: %d %s", name, status, text)
	}
}

// eventsByName are the patients who were shown, by the name of the operation.
func eventsByName(t *testing.T, address string) map[string][]record.NHSNumber {
	t.Helper()
	names := map[string][]record.NHSNumber{}
	for _, line := range shownIn(t, "", address) {
		names[line.Operation.Name] = append(names[line.Operation.Name], line.Patient)
	}
	return names
}
