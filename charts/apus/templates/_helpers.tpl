{{- define "apus.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- /* The operator's objects. `apus-operator` for a release called apus, else RELEASE-apus-operator. */ -}}
{{- define "apus.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 54 | trimSuffix "-" -}}
{{- else if contains (include "apus.name" .) .Release.Name -}}
{{- printf "%s-operator" .Release.Name | trunc 54 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s-operator" .Release.Name (include "apus.name" .) | trunc 54 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "apus.selector" -}}
app.kubernetes.io/name: {{ include "apus.name" . }}
app.kubernetes.io/component: operator
{{- if ne .Release.Name (include "apus.name" .) }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
{{- end -}}

{{- define "apus.labels" -}}
{{ include "apus.selector" . }}
app.kubernetes.io/part-of: apus
{{- end -}}

{{- define "apus.chartLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end -}}

{{- define "apus.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "apus.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- /* Lets the operator read Secrets where it is bound. */ -}}
{{- define "apus.secretsRole" -}}
{{- printf "%s-secrets" (include "apus.fullname" .) -}}
{{- end -}}

{{- /* The operator's own file: the values, with what follows from others. */ -}}
{{- define "apus.configuration" -}}
{{- $own := dict "secretsRole" (include "apus.secretsRole" .) -}}
{{- if .Values.modelNamespaces -}}
{{- $_ := set $own "namespaces" (dict "allowed" .Values.modelNamespaces) -}}
{{- end -}}
{{- toYaml (mergeOverwrite $own (deepCopy .Values.configuration)) -}}
{{- end -}}

{{- define "apus.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}
