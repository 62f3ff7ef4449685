// Package example is a small correct server, which the vectors are run against.
package example

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"muster.test/vectors"
)

type image struct {
	ID, Parent    string
	Tags, Digests []string
	Created       *int64
	Size          int64
	Labels        map[string]string
	Layers        []struct {
		Digest string
		Size   int64
	}
	Containers int64
}

// query is a request, decoded.
type query struct {
	minor   int
	values  url.Values
	filters map[string][]string
}

const never = -62135596800

var since = map[string]int{"dangling": 0, "label": 0, "before": 24, "since": 24, "reference": 25, "until": 44}

// Hold returns a server that holds the images of a catalogue.
func Hold(catalogue []byte) vectors.Server {
	var images []image
	if err := json.Unmarshal(catalogue, &images); err != nil {
		panic(err)
	}
	sort.SliceStable(images, func(a, b int) bool { return images[a].date() > images[b].date() })
	return func(version, raw string) (int, string, []byte) {
		minor, _ := strconv.Atoi(strings.TrimPrefix(version, "1."))
		rows, err := list(images, minor, raw)
		if err != nil && minor < 24 {
			return 400, "text/plain; charset=utf-8", []byte(err.Error() + "\n")
		} else if err != nil {
			body, _ := json.Marshal(map[string]string{"message": err.Error()})
			return 400, "application/json", body
		}
		body, _ := json.Marshal(rows)
		return 200, "application/json", body
	}
}

func list(images []image, minor int, raw string) ([]map[string]any, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, err
	}
	q := query{minor, values, nil}
	if q.filters, err = parseFilters(values.Get("filters"), minor); err != nil {
		return nil, err
	}
	if minor >= 54 && values.Has("identity") && !values.Has("manifests") {
		return nil, fmt.Errorf("identity needs manifests")
	}
	times, err := q.times(images)
	if err != nil {
		return nil, err
	}
	rows := []map[string]any{}
	for _, each := range images {
		shown, matches := q.narrow(each)
		if matches && times(each) && q.hasLabels(each) && q.isListed(shown, hasChildren(images, each)) {
			rows = append(rows, q.render(shown, images))
		}
	}
	return rows, nil
}

func parseFilters(text string, minor int) (map[string][]string, error) {
	filters := map[string][]string{}
	if text == "" {
		return filters, nil
	}
	var maps map[string]map[string]bool
	if json.Unmarshal([]byte(text), &maps) == nil {
		for key, texts := range maps {
			filters[key] = []string{}
			for each := range texts {
				filters[key] = append(filters[key], each)
			}
		}
	} else if err := json.Unmarshal([]byte(text), &filters); err != nil {
		return nil, err
	}
	for key := range filters {
		if first, known := since[key]; !known || minor < first {
			return nil, fmt.Errorf("invalid filter %q", key)
		}
	}
	if texts := filters["dangling"]; len(texts) > 0 && !slices.Contains(texts, "true") && !slices.Contains(texts, "false") {
		return nil, fmt.Errorf("invalid filter dangling=%q", texts)
	}
	return filters, nil
}

func isTrue(text string) bool {
	return !slices.Contains([]string{"", "0", "no", "false", "none"}, strings.ToLower(strings.TrimSpace(text)))
}

func (i image) date() int64 {
	if i.Created == nil {
		return never
	}
	return *i.Created
}

func (i image) isNamed(name string) bool {
	plain := strings.TrimPrefix(i.ID, "sha256:")
	names := append(slices.Clone(i.Tags), i.Digests...)
	return slices.Contains(names, name) || slices.Contains(names, name+":latest") || name == i.ID ||
		len(name) >= 12 && strings.HasPrefix(plain, name)
}

func hasChildren(images []image, parent image) bool {
	return slices.ContainsFunc(images, func(each image) bool { return each.Parent == parent.ID })
}

// times returns what before, since and until admit.
func (q query) times(images []image) (func(image) bool, error) {
	var tests []func(image) bool
	for key, sign := range map[string]int64{"before": -1, "since": 1} {
		for _, name := range q.filters[key] {
			at := slices.IndexFunc(images, func(each image) bool { return each.isNamed(name) })
			if at < 0 {
				return nil, fmt.Errorf("no such image: %s", name)
			}
			tests = append(tests, func(each image) bool { return (each.date()-images[at].date())*sign > 0 })
		}
	}
	for _, text := range q.filters["until"] {
		instant, err := parseTime(text)
		if err != nil {
			return nil, err
		}
		tests = append(tests, func(each image) bool { return float64(each.date()) < instant })
	}
	return func(each image) bool {
		return !slices.ContainsFunc(tests, func(test func(image) bool) bool { return !test(each) })
	}, nil
}

func parseTime(text string) (float64, error) {
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		return seconds, nil
	}
	if passed, err := time.ParseDuration(text); err == nil {
		return float64(time.Now().Add(-passed).Unix()), nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02"} {
		if instant, err := time.Parse(layout, text); err == nil {
			return float64(instant.Unix()), nil
		}
	}
	return 0, fmt.Errorf("%q is no time", text)
}

func (q query) hasLabels(each image) bool {
	for _, condition := range q.filters["label"] {
		key, value, hasValue := strings.Cut(condition, "=")
		if found, ok := each.Labels[key]; !ok || hasValue && found != value {
			return false
		}
	}
	return true
}

// narrow returns the image with the names that filter or reference admits, and whether any is left.
func (q query) narrow(each image) (image, bool) {
	patterns := q.filters["reference"]
	if name := q.values.Get("filter"); name != "" && q.minor < 41 {
		patterns = []string{name}
	}
	if patterns == nil {
		return each, true
	}
	rejected := func(reference string) bool {
		return !slices.ContainsFunc(patterns, func(pattern string) bool { return q.admits(pattern, reference) })
	}
	each.Tags = slices.DeleteFunc(slices.Clone(each.Tags), rejected)
	each.Digests = slices.DeleteFunc(slices.Clone(each.Digests), rejected)
	return each, len(each.Tags)+len(each.Digests) > 0
}

var tagOrDigest = regexp.MustCompile(`(@.*|:[^:/]*)$`)
var tagged = regexp.MustCompile(`:[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

func (q query) admits(pattern, reference string) bool {
	if q.minor < 25 && tagged.MatchString(pattern) {
		return pattern == reference
	}
	whole, _ := path.Match(pattern, reference)
	repository, _ := path.Match(pattern, tagOrDigest.ReplaceAllString(reference, ""))
	return repository || whole && q.minor >= 25
}

func (q query) isListed(each image, isParent bool) bool {
	named := len(each.Tags)+len(each.Digests) > 0
	switch dangling := q.filters["dangling"]; {
	case slices.Contains(dangling, "true"):
		return !named && !isParent
	case slices.Contains(dangling, "false"):
		return named
	}
	return named || !isParent || isTrue(q.values.Get("all"))
}

func (q query) render(each image, images []image) map[string]any {
	row := map[string]any{
		"Id": each.ID, "ParentId": each.Parent, "Created": each.date(), "Size": each.Size, "Labels": each.Labels,
		"RepoTags": each.Tags, "RepoDigests": each.Digests,
	}
	if q.minor >= 43 {
		row["RepoTags"], row["RepoDigests"] = append([]string{}, each.Tags...), append([]string{}, each.Digests...)
	} else if len(each.Tags)+len(each.Digests) == 0 {
		row["RepoTags"], row["RepoDigests"] = []string{"<none>:<none>"}, []string{"<none>@<none>"}
	}
	if q.minor < 44 {
		row["VirtualSize"] = each.Size
	}
	if q.minor >= 25 {
		row["SharedSize"], row["Containers"] = -1, -1
	}
	if q.minor >= 51 {
		row["Containers"] = each.Containers
	}
	if q.minor >= 42 && isTrue(q.values.Get("shared-size")) {
		row["SharedSize"] = sharedSize(each, images)
	}
	return row
}

// sharedSize returns the size of the layers that other images have as well.
func sharedSize(each image, images []image) (size int64) {
	owners := map[string]int{}
	for _, other := range images {
		for _, layer := range other.Layers {
			owners[layer.Digest]++
		}
	}
	for _, layer := range each.Layers {
		if owners[layer.Digest] > 1 {
			size += layer.Size
		}
	}
	return size
}
