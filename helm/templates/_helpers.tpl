{{- define "zonal-loyalty-adapter.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- /* 52 characters leave room for "-management", and for the hash that Kubernetes adds in a label of a StatefulSet's pods. */ -}}
{{- define "zonal-loyalty-adapter.fullname" -}}
{{- $name := .Values.nameOverride | default .Chart.Name -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- .Values.fullnameOverride | default $full | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- /* Never changes during a release's life: selectors and claim templates cannot. */ -}}
{{- define "zonal-loyalty-adapter.releaseLabels" -}}
app.kubernetes.io/name: {{ include "zonal-loyalty-adapter.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "zonal-loyalty-adapter.selectorLabels" -}}
{{ include "zonal-loyalty-adapter.releaseLabels" . }}
app.kubernetes.io/component: adapter
{{- end -}}

{{- define "zonal-loyalty-adapter.testLabels" -}}
{{ include "zonal-loyalty-adapter.releaseLabels" . }}
app.kubernetes.io/component: test
{{- end -}}

{{- define "zonal-loyalty-adapter.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "zonal-loyalty-adapter.releaseLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: loyalty
{{- end -}}

{{- define "zonal-loyalty-adapter.serviceAccountName" -}}
{{- $made := ternary (include "zonal-loyalty-adapter.fullname" .) "default" .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default $made -}}
{{- end -}}

{{- define "zonal-loyalty-adapter.image" -}}
{{- with .Values.image -}}
{{- if .registry }}{{ .registry }}/{{ end }}{{ .repository }}
{{- if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end -}}
{{- end -}}
{{- end -}}

{{- define "zonal-loyalty-adapter.secretName" -}}
{{- required "secret.name is needed: the Secret with JOURNAL_KEY and CARD_HASH_KEY" .Values.secret.name -}}
{{- end -}}

{{- define "zonal-loyalty-adapter.host" -}}
{{- required "ingress.host is needed: the host name that the tills are given (or ingress.enabled=false)" .Values.ingress.host -}}
{{- end -}}

{{- /*
Seconds before SIGTERM in which the pod serves on as if nothing were. Where Kubernetes has preStop.sleep (on by default
since 1.30) this is all of the drain but its last second. That one stays with the service's own DRAIN_DELAY_MS, which asks
kept connections to go before they are cut. Elsewhere DRAIN_DELAY_MS does all of it. Zero is no hook: before 1.33 a sleep
of zero is refused.
*/ -}}
{{- define "zonal-loyalty-adapter.preStopSeconds" -}}
{{- $hasSleep := semverCompare ">=1.30.0-0" .Capabilities.KubeVersion.Version -}}
{{- ternary (max 0 (sub .Values.stop.drainSeconds 1)) 0 $hasSleep -}}
{{- end -}}

{{- define "zonal-loyalty-adapter.namespacePeer" -}}
{{- if . -}}
{{- list (dict "namespaceSelector" (dict "matchLabels" (dict "kubernetes.io/metadata.name" .))) | toJson -}}
{{- else -}}
[]
{{- end -}}
{{- end -}}

{{- define "zonal-loyalty-adapter.fromIngress" -}}
{{- $peers := concat (include "zonal-loyalty-adapter.namespacePeer" .Values.networkPolicy.ingressNamespace | fromJsonArray) .Values.networkPolicy.fromIngress -}}
{{- if not $peers -}}
{{- fail "networkPolicy.ingressNamespace is needed: the namespace of the ingress controller, which may reach the tills' port (or networkPolicy.fromIngress for one on the nodes' network or outside of the cluster, or networkPolicy.enabled=false)" -}}
{{- end -}}
{{- toJson $peers -}}
{{- end -}}

{{- define "zonal-loyalty-adapter.fromPrometheus" -}}
{{- $peers := concat (include "zonal-loyalty-adapter.namespacePeer" .Values.networkPolicy.prometheusNamespace | fromJsonArray) .Values.networkPolicy.fromPrometheus -}}
{{- if not (or $peers (eq .Values.metrics.scrape "none")) -}}
{{- fail "networkPolicy.prometheusNamespace is needed: the namespace of Prometheus, which may reach the management port (or networkPolicy.fromPrometheus, or metrics.scrape=none, or networkPolicy.enabled=false)" -}}
{{- end -}}
{{- toJson $peers -}}
{{- end -}}

{{- define "zonal-loyalty-adapter.portOf" -}}
{{- $url := urlParse . -}}
{{- $given := regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) -}}
{{- $given | default (ternary "80" "443" (eq $url.scheme "http")) -}}
{{- end -}}

{{- define "zonal-loyalty-adapter.kafkaPorts" -}}
{{- $ports := list -}}
{{- range .Values.kafka.brokers -}}
{{- $ports = append $ports (splitList ":" . | last | int) -}}
{{- end -}}
{{- .Values.networkPolicy.kafkaPorts | default (uniq $ports) | toJson -}}
{{- end -}}
