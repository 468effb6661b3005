extension SchemaTable {
  /// Types of the API of Kubernetes 1.32, after its published OpenAPI document; see `SchemaTable` for the notation.
  static let policy = #"""
    # rbac.v1.PolicyRule | PolicyRule holds information that describes a policy rule, but does not contain information about who the rule applies to or which namespace the rule applies to.
    apiGroups#2 [string] | APIGroups is the name of the APIGroup that contains the resources.
    nonResourceURLs#5 [string] | NonResourceURLs is a set of partial urls that a user should have access to.
    resourceNames#4 [string] | ResourceNames is an optional white list of names that the rule applies to.
    resources#3 [string] | Resources is a list of resources this rule applies to.
    verbs#1! [string] | Verbs is a list of Verbs that apply to ALL the ResourceKinds contained in this rule.
    # rbac.v1.Role | Role is a namespaced, logical grouping of PolicyRules that can be referenced as a unit by a RoleBinding.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard object's metadata.
    rules#2 [rbac.v1.PolicyRule] | Rules holds all the PolicyRules for this Role
    # rbac.v1.RoleRef atomic | RoleRef contains information that points to the role being used
    apiGroup#1! string | APIGroup is the group for the resource being referenced
    kind#2! string | Kind is the type of resource being referenced
    name#3! string | Name is the name of resource being referenced
    # rbac.v1.Subject atomic | Subject contains a reference to the object or user identities a role binding applies to.
    apiGroup#2 string | APIGroup holds the API group of the referenced subject.
    kind#1! string | Kind of object being referenced.
    name#3! string | Name of the object being referenced.
    namespace#4 string | Namespace of the referenced object.
    # rbac.v1.RoleBinding | RoleBinding references a role, but does not contain it.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard object's metadata.
    roleRef#3! rbac.v1.RoleRef atomic | RoleRef can reference a Role in the current namespace or a ClusterRole in the global namespace.
    subjects#2 [rbac.v1.Subject] | Subjects holds references to the objects the role applies to.
    # rbac.v1.AggregationRule | AggregationRule describes how to locate ClusterRoles to aggregate into the ClusterRole
    clusterRoleSelectors#1 [meta.v1.LabelSelector] | ClusterRoleSelectors holds a list of selectors which will be used to find ClusterRoles and create the rules.
    # rbac.v1.ClusterRole | ClusterRole is a cluster level, logical grouping of PolicyRules that can be referenced as a unit by a RoleBinding or ClusterRoleBinding.
    aggregationRule#3 rbac.v1.AggregationRule | AggregationRule is an optional field that describes how to build the Rules for this ClusterRole.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard object's metadata.
    rules#2 [rbac.v1.PolicyRule] | Rules holds all the PolicyRules for this ClusterRole
    # rbac.v1.ClusterRoleBinding | ClusterRoleBinding references a ClusterRole, but not contain it.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard object's metadata.
    roleRef#3! rbac.v1.RoleRef atomic | RoleRef can only reference a ClusterRole in the global namespace.
    subjects#2 [rbac.v1.Subject] | Subjects holds references to the objects the role applies to.
    # networking.v1.NetworkPolicyPort | NetworkPolicyPort describes a port to allow traffic on
    endPort#3 integer | endPort indicates that the range of ports from port to endPort if set, inclusive, should be allowed by the policy.
    port#2 int-or-string | port represents the port on the given protocol.
    protocol#1 string | protocol represents the protocol (TCP, UDP, or SCTP) which traffic must match.
    # networking.v1.IPBlock | IPBlock describes a particular CIDR (Ex.
    cidr#1! string | cidr is a string representing the IPBlock Valid examples are "192.168.1.0/24" or "2001:db8::/64"
    except#2 [string] | except is a slice of CIDRs that should not be included within an IPBlock Valid examples are "192.168.1.0/24" or "2001:db8::/64" Except values will be rejected if they are outside the cidr range
    # networking.v1.NetworkPolicyPeer | NetworkPolicyPeer describes a peer to allow traffic to/from.
    ipBlock#3 networking.v1.IPBlock | ipBlock defines policy on a particular IPBlock.
    namespaceSelector#2 meta.v1.LabelSelector atomic | namespaceSelector selects namespaces using cluster-scoped labels.
    podSelector#1 meta.v1.LabelSelector atomic | podSelector is a label selector which selects pods.
    # networking.v1.NetworkPolicyEgressRule | NetworkPolicyEgressRule describes a particular set of traffic that is allowed out of pods matched by a NetworkPolicySpec's podSelector.
    ports#1 [networking.v1.NetworkPolicyPort] | ports is a list of destination ports for outgoing traffic.
    to#2 [networking.v1.NetworkPolicyPeer] | to is a list of destinations for outgoing traffic of pods selected for this rule.
    # networking.v1.NetworkPolicyIngressRule | NetworkPolicyIngressRule describes a particular set of traffic that is allowed to the pods matched by a NetworkPolicySpec's podSelector.
    from#2 [networking.v1.NetworkPolicyPeer] | from is a list of sources which should be able to access the pods selected for this rule.
    ports#1 [networking.v1.NetworkPolicyPort] | ports is a list of ports which should be made accessible on the pods selected for this rule.
    # networking.v1.NetworkPolicySpec | NetworkPolicySpec provides the specification of a NetworkPolicy
    egress#3 [networking.v1.NetworkPolicyEgressRule] | egress is a list of egress rules to be applied to the selected pods.
    ingress#2 [networking.v1.NetworkPolicyIngressRule] | ingress is a list of ingress rules to be applied to the selected pods.
    podSelector#1! meta.v1.LabelSelector atomic | podSelector selects the pods to which this NetworkPolicy object applies.
    policyTypes#4 [string] | policyTypes is a list of rule types that the NetworkPolicy relates to.
    # networking.v1.NetworkPolicy | NetworkPolicy describes what network traffic is allowed for a set of Pods
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard object's metadata.
    spec#2 networking.v1.NetworkPolicySpec | spec represents the specification of the desired behavior for this NetworkPolicy.
    # policy.v1.PodDisruptionBudgetSpec | PodDisruptionBudgetSpec is a description of a PodDisruptionBudget.
    maxUnavailable#3 int-or-string | An eviction is allowed if at most "maxUnavailable" pods selected by "selector" are unavailable after the eviction, i.e. even in absence of the evicted pod.
    minAvailable#1 int-or-string | An eviction is allowed if at least "minAvailable" pods selected by "selector" will still be available after the eviction, i.e. even in the absence of the evicted pod.
    selector#2 meta.v1.LabelSelector atomic | Label query over pods whose evictions are managed by the disruption budget.
    unhealthyPodEvictionPolicy#4 string | UnhealthyPodEvictionPolicy defines the criteria for when unhealthy pods should be considered for eviction.
    # policy.v1.PodDisruptionBudgetStatus | PodDisruptionBudgetStatus represents information about the status of a PodDisruptionBudget.
    conditions#7 [meta.v1.Condition] merge=type map=type | Conditions contain conditions for PDB.
    currentHealthy#4! integer | current number of healthy pods
    desiredHealthy#5! integer | minimum desired number of healthy pods
    disruptedPods#2 {string/date-time} | DisruptedPods contains information about pods whose eviction was processed by the API server eviction subresource handler but has not yet been observed by the PodDisruptionBudget controller.
    disruptionsAllowed#3! integer | Number of pod disruptions that are currently allowed.
    expectedPods#6! integer | total number of pods counted by this disruption budget
    observedGeneration#1 integer | Most recent generation observed when updating this PDB status.
    # policy.v1.PodDisruptionBudget | PodDisruptionBudget is an object to define the max disruption that can be caused to a collection of pods
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard object's metadata.
    spec#2 policy.v1.PodDisruptionBudgetSpec | Specification of the desired behavior of the PodDisruptionBudget.
    status#3 policy.v1.PodDisruptionBudgetStatus | Most recently observed status of the PodDisruptionBudget.
    # scheduling.v1.PriorityClass | PriorityClass defines mapping from a priority class name to the priority integer value.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    description#4 string | description is an arbitrary string that usually provides guidelines on when this priority class should be used.
    globalDefault#3 boolean | globalDefault specifies whether this PriorityClass should be considered as the default priority for pods that do not have any priority class.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard object's metadata.
    preemptionPolicy#5 string | preemptionPolicy is the Policy for preempting pods with lower priority.
    value#2! integer | value represents the integer value of this priority class.
    # apiextensions.v1.ServiceReference | ServiceReference holds a reference to Service.legacy.k8s.io
    name! string | name is the name of the service.
    namespace! string | namespace is the namespace of the service.
    path string | path is an optional URL path at which the webhook will be contacted.
    port integer | port is an optional service port at which the webhook will be contacted.
    # apiextensions.v1.WebhookClientConfig | WebhookClientConfig contains the information to make a TLS connection with the webhook.
    caBundle string/byte | caBundle is a PEM encoded CA bundle which will be used to validate the webhook's server certificate.
    service apiextensions.v1.ServiceReference | service is a reference to the service for this webhook.
    url string | url gives the location of the webhook, in standard URL form (`scheme://host:port/path`).
    # apiextensions.v1.WebhookConversion | WebhookConversion describes how to call a conversion webhook
    clientConfig apiextensions.v1.WebhookClientConfig | clientConfig is the instructions for how to call the webhook if strategy is `Webhook`.
    conversionReviewVersions! [string] | conversionReviewVersions is an ordered list of preferred `ConversionReview` versions the Webhook expects.
    # apiextensions.v1.CustomResourceConversion | CustomResourceConversion describes how to convert different versions of a CR.
    strategy! string default="None" | strategy specifies how custom resources are converted between versions.
    webhook apiextensions.v1.WebhookConversion | webhook describes how to call the conversion webhook.
    # apiextensions.v1.CustomResourceDefinitionNames | CustomResourceDefinitionNames indicates the names to serve this CustomResourceDefinition
    categories [string] | categories is a list of grouped resources this custom resource belongs to (e.g. 'all').
    kind! string | kind is the serialized kind of the resource.
    listKind string | listKind is the serialized kind of the list for this resource.
    plural! string | plural is the plural name of the resource to serve.
    shortNames [string] | shortNames are short names for the resource, exposed in API discovery documents, and used by clients to support invocations like `kubectl get <shortname>`.
    singular string | singular is the singular name of the resource.
    # apiextensions.v1.CustomResourceColumnDefinition | CustomResourceColumnDefinition specifies a column for server side printing.
    description string | description is a human readable description of this column.
    format string | format is an optional OpenAPI type definition for this column.
    jsonPath! string | jsonPath is a simple JSON path (i.e. with array notation) which is evaluated against each custom resource to produce the value for this column.
    name! string | name is a human readable name for the column.
    priority integer | priority is an integer defining the relative importance of this column compared to others.
    type! string | type is an OpenAPI type definition for this column.
    # apiextensions.v1.CustomResourceValidation | CustomResourceValidation is a list of validation methods for CustomResources.
    openAPIV3Schema any | openAPIV3Schema is the OpenAPI v3 schema to use for validation and pruning.
    # apiextensions.v1.SelectableField | SelectableField specifies the JSON path of a field that may be used with field selectors.
    jsonPath! string | jsonPath is a simple JSON path which is evaluated against each custom resource to produce a field selector value.
    # apiextensions.v1.CustomResourceSubresourceScale | CustomResourceSubresourceScale defines how to serve the scale subresource for CustomResources.
    labelSelectorPath string | labelSelectorPath defines the JSON path inside of a custom resource that corresponds to Scale `status.selector`.
    specReplicasPath! string | specReplicasPath defines the JSON path inside of a custom resource that corresponds to Scale `spec.replicas`.
    statusReplicasPath! string | statusReplicasPath defines the JSON path inside of a custom resource that corresponds to Scale `status.replicas`.
    # apiextensions.v1.CustomResourceSubresources | CustomResourceSubresources defines the status and scale subresources for CustomResources.
    scale apiextensions.v1.CustomResourceSubresourceScale | scale indicates the custom resource should serve a `/scale` subresource that returns an `autoscaling/v1` Scale object.
    status any | status indicates the custom resource should serve a `/status` subresource.
    # apiextensions.v1.CustomResourceDefinitionVersion | CustomResourceDefinitionVersion describes a version for CRD.
    additionalPrinterColumns [apiextensions.v1.CustomResourceColumnDefinition] | additionalPrinterColumns specifies additional columns returned in Table output.
    deprecated boolean | deprecated indicates this version of the custom resource API is deprecated.
    deprecationWarning string | deprecationWarning overrides the default warning returned to API clients.
    name! string | name is the version name, e.g. “v1”, “v2beta1”, etc.
    schema apiextensions.v1.CustomResourceValidation | schema describes the schema used for validation, pruning, and defaulting of this version of the custom resource.
    selectableFields [apiextensions.v1.SelectableField] | selectableFields specifies paths to fields that may be used as field selectors.
    served! boolean | served is a flag enabling/disabling this version from being served via REST APIs
    storage! boolean | storage indicates this version should be used when persisting custom resources to storage.
    subresources apiextensions.v1.CustomResourceSubresources | subresources specify what subresources this version of the defined custom resource have.
    # apiextensions.v1.CustomResourceDefinitionSpec | CustomResourceDefinitionSpec describes how a user wants their resource to appear
    conversion apiextensions.v1.CustomResourceConversion | conversion defines conversion settings for the CRD.
    group! string | group is the API group of the defined custom resource.
    names! apiextensions.v1.CustomResourceDefinitionNames | names specify the resource and kind names for the custom resource.
    preserveUnknownFields boolean | preserveUnknownFields indicates that object fields which are not specified in the OpenAPI schema should be preserved when persisting to storage.
    scope! string enum=Cluster,Namespaced | scope indicates whether the defined custom resource is cluster- or namespace-scoped.
    versions! [apiextensions.v1.CustomResourceDefinitionVersion] | versions is the list of all API versions of the defined custom resource.
    # apiextensions.v1.CustomResourceDefinitionCondition | CustomResourceDefinitionCondition contains details for the current condition of this pod.
    lastTransitionTime string/date-time | lastTransitionTime last time the condition transitioned from one status to another.
    message string | message is a human-readable message indicating details about last transition.
    reason string | reason is a unique, one-word, CamelCase reason for the condition's last transition.
    status! string | status is the status of the condition.
    type! string | type is the type of the condition.
    # apiextensions.v1.CustomResourceDefinitionStatus | CustomResourceDefinitionStatus indicates the state of the CustomResourceDefinition
    acceptedNames apiextensions.v1.CustomResourceDefinitionNames | acceptedNames are the names that are actually being used to serve discovery.
    conditions [apiextensions.v1.CustomResourceDefinitionCondition] map=type | conditions indicate state for particular aspects of a CustomResourceDefinition
    storedVersions [string] | storedVersions lists all versions of CustomResources that were ever persisted.
    # apiextensions.v1.CustomResourceDefinition | CustomResourceDefinition represents a resource that should be exposed on the API server.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata meta.v1.ObjectMeta | Standard object's metadata
    spec! apiextensions.v1.CustomResourceDefinitionSpec | spec describes how the user wants the resources to appear
    status apiextensions.v1.CustomResourceDefinitionStatus | status indicates the actual state of the CustomResourceDefinition
    # authorization.v1.NonResourceAttributes | NonResourceAttributes includes the authorization attributes available for non-resource requests to the Authorizer interface
    path#1 string | Path is the URL path of the request
    verb#2 string | Verb is the standard HTTP verb
    # meta.v1.FieldSelectorRequirement | FieldSelectorRequirement is a selector that contains values, a key, and an operator that relates the key and values.
    key! string | key is the field selector key that the requirement applies to.
    operator! string | operator represents a key's relationship to a set of values.
    values [string] | values is an array of string values.
    # authorization.v1.FieldSelectorAttributes | FieldSelectorAttributes indicates a field limited access.
    rawSelector#1 string | rawSelector is the serialization of a field selector that would be included in a query parameter.
    requirements#2 [meta.v1.FieldSelectorRequirement] | requirements is the parsed interpretation of a field selector.
    # authorization.v1.LabelSelectorAttributes | LabelSelectorAttributes indicates a label limited access.
    rawSelector#1 string | rawSelector is the serialization of a field selector that would be included in a query parameter.
    requirements#2 [meta.v1.LabelSelectorRequirement] | requirements is the parsed interpretation of a label selector.
    # authorization.v1.ResourceAttributes | ResourceAttributes includes the authorization attributes available for resource requests to the Authorizer interface
    fieldSelector#8 authorization.v1.FieldSelectorAttributes | fieldSelector describes the limitation on access based on field.
    group#3 string | Group is the API Group of the Resource.
    labelSelector#9 authorization.v1.LabelSelectorAttributes | labelSelector describes the limitation on access based on labels.
    name#7 string | Name is the name of the resource being requested for a "get" or deleted for a "delete".
    namespace#1 string | Namespace is the namespace of the action being requested.
    resource#5 string | Resource is one of the existing resource types.
    subresource#6 string | Subresource is one of the existing resource types.
    verb#2 string | Verb is a kubernetes resource API verb, like
    version#4 string | Version is the API Version of the Resource.
    # authorization.v1.SelfSubjectAccessReviewSpec | SelfSubjectAccessReviewSpec is a description of the access request.
    nonResourceAttributes#2 authorization.v1.NonResourceAttributes | NonResourceAttributes describes information for a non-resource access request
    resourceAttributes#1 authorization.v1.ResourceAttributes | ResourceAuthorizationAttributes describes information for a resource access request
    # authorization.v1.SubjectAccessReviewStatus | SubjectAccessReviewStatus
    allowed#1! boolean | Allowed is required. True if the action would be allowed, false otherwise.
    denied#4 boolean | Denied is optional. True if the action would be denied, otherwise false.
    evaluationError#3 string | EvaluationError is an indication that some error occurred during the authorization check.
    reason#2 string | Reason is optional. It indicates why a request was allowed or denied.
    # authorization.v1.SelfSubjectAccessReview | SelfSubjectAccessReview checks whether or the current user can perform an action.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard list metadata.
    spec#2! authorization.v1.SelfSubjectAccessReviewSpec | Spec holds information about the request being evaluated.
    status#3 authorization.v1.SubjectAccessReviewStatus | Status is filled in by the server and indicates whether the request is allowed or not
    # authorization.v1.SubjectAccessReviewSpec | SubjectAccessReviewSpec is a description of the access request.
    extra#5 {[string]} | Extra corresponds to the user.Info.GetExtra() method from the authenticator.
    groups#4 [string] | Groups is the groups you're testing for.
    nonResourceAttributes#2 authorization.v1.NonResourceAttributes | NonResourceAttributes describes information for a non-resource access request
    resourceAttributes#1 authorization.v1.ResourceAttributes | ResourceAuthorizationAttributes describes information for a resource access request
    uid#6 string | UID information about the requesting user.
    user#3 string | User is the user you're testing for.
    # authorization.v1.SubjectAccessReview | SubjectAccessReview checks whether or not a user or group can perform an action.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard list metadata.
    spec#2! authorization.v1.SubjectAccessReviewSpec | Spec holds information about the request being evaluated
    status#3 authorization.v1.SubjectAccessReviewStatus | Status is filled in by the server and indicates whether the request is allowed or not
    # authorization.v1.SelfSubjectRulesReviewSpec | SelfSubjectRulesReviewSpec defines the specification for SelfSubjectRulesReview.
    namespace#1 string | Namespace to evaluate rules for.
    # authorization.v1.NonResourceRule | NonResourceRule holds information that describes a rule for the non-resource
    nonResourceURLs#2 [string] | NonResourceURLs is a set of partial urls that a user should have access to.
    verbs#1! [string] | Verb is a list of kubernetes non-resource API verbs, like
    # authorization.v1.ResourceRule | ResourceRule is the list of actions the subject is allowed to perform on resources.
    apiGroups#2 [string] | APIGroups is the name of the APIGroup that contains the resources.
    resourceNames#4 [string] | ResourceNames is an optional white list of names that the rule applies to.
    resources#3 [string] | Resources is a list of resources this rule applies to.
    verbs#1! [string] | Verb is a list of kubernetes resource API verbs, like
    # authorization.v1.SubjectRulesReviewStatus | SubjectRulesReviewStatus contains the result of a rules check.
    evaluationError#4 string | EvaluationError can appear in combination with Rules.
    incomplete#3! boolean | Incomplete is true when the rules returned by this call are incomplete.
    nonResourceRules#2! [authorization.v1.NonResourceRule] | NonResourceRules is the list of actions the subject is allowed to perform on non-resources.
    resourceRules#1! [authorization.v1.ResourceRule] | ResourceRules is the list of actions the subject is allowed to perform on resources.
    # authorization.v1.SelfSubjectRulesReview | SelfSubjectRulesReview enumerates the set of actions the current user can perform within a namespace.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard list metadata.
    spec#2! authorization.v1.SelfSubjectRulesReviewSpec | Spec holds information about the request being evaluated.
    status#3 authorization.v1.SubjectRulesReviewStatus | Status is filled in by the server and indicates the set of actions a user can perform.
    # authentication.v1.UserInfo | UserInfo holds the information about the user needed to implement the user.Info interface.
    extra#4 {[string]} | Any additional information provided by the authenticator.
    groups#3 [string] | The names of groups this user is a part of.
    uid#2 string | A unique value that identifies this user across time.
    username#1 string | The name that uniquely identifies this user among all active users.
    # authentication.v1.TokenReviewSpec | TokenReviewSpec is a description of the token authentication request.
    audiences#2 [string] | Audiences is a list of the identifiers that the resource server presented with the token identifies as.
    token#1 string | Token is the opaque bearer token.
    # authentication.v1.TokenReviewStatus | TokenReviewStatus is the result of the token authentication request.
    audiences#4 [string] | Audiences are audience identifiers chosen by the authenticator that are compatible with both the TokenReview and token.
    authenticated#1 boolean | Authenticated indicates that the token was associated with a known user.
    error#3 string | Error indicates that the token couldn't be checked
    user#2 authentication.v1.UserInfo | User is the UserInfo associated with the provided token.
    # authentication.v1.TokenReview | TokenReview attempts to authenticate a token to a known user.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard object's metadata.
    spec#2! authentication.v1.TokenReviewSpec | Spec holds information about the request being evaluated
    status#3 authentication.v1.TokenReviewStatus | Status is filled in by the server and indicates whether the request can be authenticated.
    # authentication.v1.SelfSubjectReviewStatus | SelfSubjectReviewStatus is filled by the kube-apiserver and sent back to a user.
    userInfo#1 authentication.v1.UserInfo | User attributes of the user making this request.
    # authentication.v1.SelfSubjectReview | SelfSubjectReview contains the user information that the kube-apiserver has about the user making this request.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard object's metadata.
    status#2 authentication.v1.SelfSubjectReviewStatus | Status is filled in by the server with the user attributes.
    """#
}
