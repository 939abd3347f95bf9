// kpack does what kpack's webhook and its build controller do with manifests, by kpack's own types, without a cluster:
//
//	kpack MANIFEST...                  checks them
//	kpack -builder IMAGE MANIFEST...   prints the pod of the first build too, by a builder that is made already
//
// The builder is read from its registry without credentials. It is not made here: kpack's package for that needs
// the SDKs of three clouds.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
	"knative.dev/pkg/apis"
	strict "sigs.k8s.io/yaml"

	build "github.com/pivotal/kpack/pkg/apis/build/v1alpha2"
	core "github.com/pivotal/kpack/pkg/apis/core/v1alpha1"
	"github.com/pivotal/kpack/pkg/duckbuilder"
)

// manifests are one of each kind; what is checked by Kubernetes itself is only decoded.
type manifests struct {
	account corev1.ServiceAccount
	store   build.ClusterStore
	stack   build.ClusterStack
	builder build.Builder
	image   build.Image
}

func main() {
	builder := flag.String("builder", "", "the image of the builder")
	flag.Parse()
	if err := run(flag.Args(), *builder); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(paths []string, builder string) error {
	var found manifests
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := found.read(content); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	if builder == "" {
		return nil
	}
	pod, err := found.pod(builder)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(pod)
}

// read decodes the documents of a file; a field that the kind does not have is an error.
func (m *manifests) read(content []byte) error {
	documents := yaml.NewDocumentDecoder(readCloser{bytes.NewReader(content)})
	for {
		buffer := make([]byte, len(content)+1)
		size, err := documents.Read(buffer)
		if size == 0 {
			return nil
		} else if err != nil {
			return err
		}
		if err := m.readDocument(buffer[:size]); err != nil {
			return err
		}
	}
}

func (m *manifests) readDocument(document []byte) error {
	var meta metav1.TypeMeta
	if err := strict.Unmarshal(document, &meta); err != nil {
		return err
	}
	kinds := map[metav1.TypeMeta]any{
		{APIVersion: "v1", Kind: "ServiceAccount"}: &m.account,
		kind(build.ClusterStoreKind):               &m.store,
		kind(build.ClusterStackKind):               &m.stack,
		kind(build.BuilderKind):                    &m.builder,
		kind(build.ImageKind):                      &m.image,
	}
	value, known := kinds[meta]
	if !known {
		return fmt.Errorf("there is no kind %s in %s", meta.Kind, meta.APIVersion)
	}
	if err := strict.UnmarshalStrict(document, value); err != nil {
		return fmt.Errorf("%s: %w", meta.Kind, err)
	}
	return admit(meta.Kind, value)
}

func kind(name string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: build.SchemeGroupVersion.String(), Kind: name}
}

// admit does what the admission webhook does: defaults, then the check.
func admit(name string, value any) error {
	ctx := apis.WithinCreate(context.Background())
	if resource, has := value.(apis.Defaultable); has {
		resource.SetDefaults(ctx)
	}
	if resource, has := value.(apis.Validatable); has {
		if err := resource.Validate(ctx); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// pod makes the first build of the image, and the pod of it.
func (m *manifests) pod(name string) (*corev1.Pod, error) {
	if m.image.Spec.Builder.Name != m.builder.Name || m.image.Namespace != m.builder.Namespace {
		return nil, errors.New("Image: its builder is another")
	}
	config, err := readBuilder(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if config.StackID != m.stack.Spec.Id {
		return nil, fmt.Errorf("ClusterStack: it is %s, the builder's is %s", m.stack.Spec.Id, config.StackID)
	}
	m.builder.Status.LatestImage = name
	m.builder.Status.Stack.RunImage = config.RunImage
	builder := &duckbuilder.DuckBuilder{TypeMeta: m.builder.TypeMeta, ObjectMeta: m.builder.ObjectMeta, Status: m.builder.Status}
	git := m.image.Spec.Source.Git
	source := &build.SourceResolver{}
	source.ResolvedSource(core.ResolvedSourceConfig{
		Git: &core.ResolvedGitSource{URL: git.URL, Revision: git.Revision, Type: core.Commit},
	})
	made := m.image.Build(source, builder, nil, build.BuildReasonConfig, "", 1, "")
	return made.BuildPod(build.BuildPodImages{}, build.BuildContext{BuildPodBuilderConfig: *config})
}

// readBuilder reads what the build controller does (kpack's pkg/buildpod/generator.go, fetchBuilderConfig).
func readBuilder(image string) (*build.BuildPodBuilderConfig, error) {
	reference, err := name.ParseReference(image)
	if err != nil {
		return nil, err
	}
	found, err := remote.Image(reference)
	if err != nil {
		return nil, err
	}
	file, err := found.ConfigFile()
	if err != nil {
		return nil, err
	}
	var metadata struct {
		Stack struct {
			RunImage struct{ Image string }
		}
		Lifecycle struct {
			APIs struct {
				Platform struct{ Deprecated, Supported []string }
			}
		}
	}
	if err := json.Unmarshal([]byte(file.Config.Labels["io.buildpacks.builder.metadata"]), &metadata); err != nil {
		return nil, err
	}
	config := build.BuildPodBuilderConfig{
		StackID:       file.Config.Labels["io.buildpacks.stack.id"],
		RunImage:      metadata.Stack.RunImage.Image,
		PlatformAPIs:  append(metadata.Lifecycle.APIs.Platform.Deprecated, metadata.Lifecycle.APIs.Platform.Supported...),
		ResolvedImage: image,
	}
	for _, variable := range file.Config.Env {
		key, value, _ := strings.Cut(variable, "=")
		switch key {
		case "CNB_USER_ID":
			config.Uid, err = strconv.ParseInt(value, 10, 64)
		case "CNB_GROUP_ID":
			config.Gid, err = strconv.ParseInt(value, 10, 64)
		}
		if err != nil {
			return nil, err
		}
	}
	return &config, nil
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }
