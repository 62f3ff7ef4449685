// Package vectors runs Muster's test vectors of List Images against a server, in process.
package vectors

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Server answers a query of GET /images/json, percent-encoded, at an API version such as 1.44.
type Server func(version, query string) (status int, mediaType string, body []byte)

type object = map[string]any
type request struct{ Query string }
type rule struct {
	Values   []any
	Minimum  *float64
	Contains []string
	Absent   bool
}
type alternative struct {
	Images, Optional []string
	Members          map[string]map[string]rule
	Ordered, Message bool
	Same             []request
	Error            []int
	Media            string
}
type vector struct {
	ID, Level, Rule, Catalogue, Since, Until string
	Request                                  request
	Expect                                   []alternative
}
type answer struct {
	status    int
	mediaType string
	body      []byte
	images    []object
}

// Run returns how a server departs from the vectors of a file at each of versions, and how often it
// was asked. The function hold makes a server that holds the images of a catalogue.
func Run(file []byte, versions []string, hold func(catalogue []byte) Server) (departures []string, asked int, err error) {
	var topic struct {
		Catalogues map[string][]object
		Vectors    []vector
	}
	if err := json.Unmarshal(file, &topic); err != nil {
		return nil, 0, err
	}
	for _, v := range topic.Vectors {
		images := topic.Catalogues[v.Catalogue]
		server := hold([]byte(text(images)))
		for _, version := range versions {
			if version < v.Since || v.Until != "" && version > v.Until {
				continue
			}
			asked++
			if found := v.judge(func(r request) answer { return ask(server, version, r, images) }); found != "" {
				departures = append(departures, fmt.Sprintf("%s %s at API %s%s (%s)", v.Level, v.ID, version, found, v.Rule))
			}
		}
	}
	return departures, asked, nil
}

// ask returns the answer to r, its images having their names in the catalogue.
func ask(server Server, version string, r request, catalogue []object) (got answer) {
	got.status, got.mediaType, got.body = server(version, r.Query)
	if got.status != 200 || !strings.HasPrefix(got.mediaType, "application/json") || json.Unmarshal(got.body, &got.images) != nil {
		got.images = nil
	}
	for _, image := range got.images {
		for _, each := range catalogue {
			if each["id"] == image["Id"] || each["id"] == fmt.Sprint("sha256:", image["Id"]) {
				image["name"] = each["name"]
			}
		}
	}
	return got
}

// judge returns how the server departs from every alternative of v; empty if it meets one.
func (v vector) judge(ask func(request) answer) (departures string) {
	got := ask(v.Request)
	for _, expected := range v.Expect {
		for _, other := range expected.Same {
			for _, image := range ask(other).images {
				expected.Images = append(expected.Images, fmt.Sprint(image["name"]))
			}
		}
		departure := fmt.Sprintf("got %d %s %.300s", got.status, got.mediaType, got.body)
		if expected.Error == nil && got.images != nil {
			departure = expected.compare(got.images)
		}
		isError := expected.Error != nil && got.status >= expected.Error[0] && got.status <= expected.Error[1] &&
			strings.HasPrefix(got.mediaType, expected.Media) && (!expected.Message || message.Match(got.body))
		if departure == "" || isError {
			return ""
		}
		departures += ": " + departure
	}
	return departures
}

var message = regexp.MustCompile(`^\s*\{.*"message"\s*:\s*"[^"]|^\s*[^{\s]`)

func (a alternative) compare(images []object) string {
	count, last := map[string]int{}, 1e300
	for _, image := range images {
		name := fmt.Sprint(image["name"])
		if count[name]++; count[name] > 1 || !slices.Contains(a.Images, name) {
			return "not expected, or twice: " + text(image)
		}
		for member, rule := range a.Members[name] {
			if value, there := image[member]; there && !rule.admits(value) || !there && !rule.Absent {
				return member + " of " + name + " is " + text(value)
			}
		}
		created, _ := image["Created"].(float64)
		if last = min(last, created); a.Ordered && created > last {
			return name + " stands behind an older image"
		}
	}
	for _, name := range a.Images {
		if count[name] == 0 && !slices.Contains(a.Optional, name) {
			return name + " is missing"
		}
	}
	return ""
}

func (r rule) admits(value any) bool {
	number, isNumber := value.(float64)
	lacks := func(part string) bool { return !strings.Contains(text(value), part) }
	return slices.ContainsFunc(r.Values, func(each any) bool { return text(each) == text(value) }) ||
		r.Minimum != nil && isNumber && number >= *r.Minimum || r.Contains != nil && !slices.ContainsFunc(r.Contains, lacks)
}

// text returns a value as JSON, the items of a list being in order.
func text(value any) string {
	if items, isList := value.([]any); isList {
		slices.SortFunc(items, func(a, b any) int { return strings.Compare(text(a), text(b)) })
	}
	encoded, _ := json.Marshal(value)
	return string(encoded)
}
