{{- /*
What the ConfigMap holds: every variable of the service but the secret ones and those of the other journal. A number of values.yaml arrives as a float,
which would be printed as 8.64e+07.
*/ -}}
{{- define "zonal-loyalty-adapter.config" -}}
{{- $onSqlite := eq .Values.journal.kind "sqlite" -}}
{{- range $name, $value := ternary .Values.config (omit .Values.config "JOURNAL_PATH") $onSqlite }}
{{ $name }}: {{ ternary (int64 $value) $value (kindIs "float64" $value) | toString | quote }}
{{- end }}
{{- if not $onSqlite }}
{{- with .Values.journal }}
JOURNAL_POOL: {{ .pool | quote }}
JOURNAL_TLS: {{ ternary "verify" "off" .tls.enabled | quote }}
{{- if .tls.caSecret.name }}
JOURNAL_TLS_CA_FILE: /etc/zonal-loyalty-adapter/journal-ca.pem
{{- end }}
{{- end }}
{{- end }}
{{- if .Values.capture.enabled }}
CAPTURE_DIR: /var/capture
CAPTURE_NAMES: {{ .Values.capture.names | quote }}
{{- end }}
{{- if .Values.console.enabled }}
CONSOLE_PORT: {{ .Values.console.port | quote }}
{{- end }}
{{- with .Values.kafka }}
KAFKA_BROKERS: {{ join "," .brokers | quote }}
KAFKA_TOPIC: {{ .topic | quote }}
KAFKA_CLIENT_ID: {{ .clientId | quote }}
KAFKA_SSL: {{ .tls.enabled | quote }}
{{- if .tls.caSecret.name }}
KAFKA_SSL_CA_FILE: /etc/zonal-loyalty-adapter/kafka-ca.pem
{{- end }}
{{- if .sasl.mechanism }}
KAFKA_SASL_MECHANISM: {{ .sasl.mechanism | quote }}
{{- with .sasl.username }}
KAFKA_SASL_USERNAME: {{ . | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.tracing }}
{{- if .endpoint }}
OTEL_EXPORTER_OTLP_ENDPOINT: {{ .endpoint | quote }}
OTEL_TRACES_SAMPLER_ARG: {{ .sampleRatio | toString | quote }}
OTEL_SERVICE_NAME: {{ .serviceName | quote }}
{{- $attributes := list }}
{{- range $name, $value := .resourceAttributes }}
{{- $attributes = append $attributes (printf "%s=%s" (urlquery $name) (urlquery $value | replace "+" "%20")) }}
{{- end }}
OTEL_RESOURCE_ATTRIBUTES: {{ join "," $attributes | quote }}
{{- if .caSecret.name }}
OTEL_EXPORTER_OTLP_CERTIFICATE: /etc/zonal-loyalty-adapter/collector-ca.pem
{{- end }}
{{- end }}
{{- end }}
{{- $drainMs := mul 1000 (sub .Values.stop.drainSeconds (include "zonal-loyalty-adapter.preStopSeconds" .)) }}
DRAIN_DELAY_MS: {{ $drainMs | quote }}
SHUTDOWN_TIMEOUT_MS: {{ add $drainMs (mul 1000 .Values.stop.finishSeconds) | quote }}
{{- end -}}

{{- /* Secret variables, each a file: its name, the Secret, and the key in it. */ -}}
{{- define "zonal-loyalty-adapter.secretFiles" -}}
{{- $secret := include "zonal-loyalty-adapter.secretName" . -}}
- { name: JOURNAL_KEY, secret: {{ $secret | quote }}, key: {{ .Values.secret.journalKey | quote }} }
- { name: CARD_HASH_KEY, secret: {{ $secret | quote }}, key: {{ .Values.secret.cardHashKey | quote }} }
{{- if eq .Values.journal.kind "postgres" }}
{{- with .Values.journal }}
- { name: JOURNAL_URL, secret: {{ .urlSecret.name | quote }}, key: {{ .urlSecret.key | quote }} }
{{- with .urlSecret.listenKey }}
- { name: JOURNAL_LISTEN_URL, secret: {{ $.Values.journal.urlSecret.name | quote }}, key: {{ . | quote }} }
{{- end }}
- { name: JOURNAL_PASSWORD, secret: {{ .passwordSecret.name | default .urlSecret.name | quote }}, key: {{ .passwordSecret.key | quote }} }
{{- end }}
{{- end }}
{{- with .Values.kafka.sasl }}
{{- if .mechanism }}
{{- $secret := .secret.name | default $secret }}
{{- if not .username }}
- { name: KAFKA_SASL_USERNAME, secret: {{ $secret | quote }}, key: {{ .secret.usernameKey | quote }} }
{{- end }}
- { name: KAFKA_SASL_PASSWORD, secret: {{ $secret | quote }}, key: {{ .secret.passwordKey | quote }} }
{{- end }}
{{- end }}
{{- with .Values.console }}
{{- if .enabled }}
- { name: CONSOLE_USERS, secret: {{ .usersSecret.name | quote }}, key: {{ .usersSecret.key | quote }} }
{{- end }}
{{- end }}
{{- with .Values.tracing }}
{{- if and .endpoint .headersSecret.name }}
- { name: OTEL_EXPORTER_OTLP_HEADERS, secret: {{ .headersSecret.name | quote }}, key: {{ .headersSecret.key | quote }} }
{{- end }}
{{- end }}
{{- end -}}
