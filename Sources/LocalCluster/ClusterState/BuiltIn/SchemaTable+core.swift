extension SchemaTable {
  /// Types of the API of Kubernetes 1.32, after its published OpenAPI document; see `SchemaTable` for the notation.
  static let core = #"""
    # meta.v1.ManagedFieldsEntry | ManagedFieldsEntry is a workflow-id, a FieldSet and the group version of the resource that the fieldset applies to.
    apiVersion string | APIVersion defines the version of this resource that this field set applies to.
    fieldsType string | FieldsType is the discriminator for the different fields format and version.
    fieldsV1 any | FieldsV1 holds the first JSON version format as described in the "FieldsV1" type.
    manager string | Manager is an identifier of the workflow managing these fields.
    operation string | Operation is the type of operation which lead to this ManagedFieldsEntry being created.
    subresource string | Subresource is the name of the subresource used to update that object, or empty string if the object was updated through the main resource.
    time string/date-time | Time is the timestamp of when the ManagedFields entry was added.
    # meta.v1.OwnerReference atomic | OwnerReference contains enough information to let you identify an owning object.
    apiVersion#5! string | API version of the referent.
    blockOwnerDeletion#7 boolean | If true, AND if the owner has the "foregroundDeletion" finalizer, then the owner cannot be deleted from the key-value store until this reference is removed.
    controller#6 boolean | If true, this reference points to the managing controller.
    kind#1! string | Kind of the referent.
    name#3! string | Name of the referent.
    uid#4! string | UID of the referent.
    # meta.v1.ObjectMeta | ObjectMeta is metadata that all persisted resources must have, which includes all objects users must create.
    annotations#12 {string} | Annotations is an unstructured key value map stored with a resource that may be set by external tools to store and retrieve arbitrary metadata.
    creationTimestamp#8 string/date-time | CreationTimestamp is a timestamp representing the server time when this object was created.
    deletionGracePeriodSeconds#10 integer | Number of seconds allowed for this object to gracefully terminate before it will be removed from the system.
    deletionTimestamp#9 string/date-time | DeletionTimestamp is RFC 3339 date and time at which this resource will be deleted.
    finalizers#14 [string] mergeset set | Must be empty before the object is deleted from the registry.
    generateName#2 string | GenerateName is an optional prefix, used by the server, to generate a unique name ONLY IF the Name field has not been provided.
    generation#7 integer | A sequence number representing a specific generation of the desired state.
    labels#11 {string} | Map of string keys and values that can be used to organize and categorize (scope and select) objects.
    managedFields#17 [meta.v1.ManagedFieldsEntry] | ManagedFields maps workflow-id and version to the set of fields that are managed by that workflow.
    name#1 string | Name must be unique within a namespace.
    namespace#3 string | Namespace defines the space within which each name must be unique.
    ownerReferences#13 [meta.v1.OwnerReference] merge=uid map=uid | List of objects depended by this object.
    resourceVersion#6 string | An opaque value that represents the internal version of this object that can be used by clients to determine when objects have changed.
    selfLink#4 string | Deprecated: selfLink is a legacy read-only field that is no longer populated by the system.
    uid#5 string | UID is the unique in time and space value for this object.
    # meta.v1.Preconditions | Preconditions must be fulfilled before an operation (update, delete, etc.) is carried out.
    resourceVersion#2 string | Specifies the target ResourceVersion
    uid#1 string | Specifies the target UID.
    # meta.v1.DeleteOptions | DeleteOptions may be provided when deleting an API object.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    dryRun#5 [string] | When present, indicates that modifications should not be persisted.
    gracePeriodSeconds#1 integer | The duration in seconds before the object should be deleted.
    ignoreStoreReadErrorWithClusterBreakingPotential boolean | if set to true, it will trigger an unsafe deletion of the resource in case the normal deletion flow fails with a corrupt object error.
    kind string | Kind is a string value representing the REST resource this object represents.
    orphanDependents#3 boolean | Deprecated: please use the PropagationPolicy, this field will be deprecated in 1.7.
    preconditions#2 meta.v1.Preconditions | Must be fulfilled before a deletion is carried out.
    propagationPolicy#4 string | Whether and how garbage collection will be performed.
    # core.v1.ConfigMap | ConfigMap holds configuration data for pods to consume.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    binaryData#3 {string/byte} | BinaryData contains the binary data.
    data#2 {string} | Data contains the configuration data.
    immutable#4 boolean | Immutable, if set to true, ensures that data stored in the ConfigMap cannot be updated (only object metadata can be modified).
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard object's metadata.
    # core.v1.Secret | Secret holds secret data of a certain type.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    data#2 {string/byte} | Data contains the secret data.
    immutable#5 boolean | Immutable, if set to true, ensures that data stored in the Secret cannot be updated (only object metadata can be modified).
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard object's metadata.
    stringData#4 {string} | stringData allows specifying non-binary secret data in string form.
    type#3 string default="Opaque" | Used to facilitate programmatic handling of secret data.
    # core.v1.NamespaceSpec | NamespaceSpec describes the attributes on a Namespace.
    finalizers#1 [string] | Finalizers is an opaque list of values that must be empty to permanently remove object from storage.
    # core.v1.NamespaceCondition | NamespaceCondition contains details about state of namespace.
    lastTransitionTime#4 string/date-time | Last time the condition transitioned from one status to another.
    message#6 string | Human-readable message indicating details about last transition.
    reason#5 string | Unique, one-word, CamelCase reason for the condition's last transition.
    status#2! string | Status of the condition, one of True, False, Unknown.
    type#1! string | Type of namespace controller condition.
    # core.v1.NamespaceStatus | NamespaceStatus is information about the current status of a Namespace.
    conditions#2 [core.v1.NamespaceCondition] merge=type map=type | Represents the latest available observations of a namespace's current state.
    phase#1 string | Phase is the current lifecycle phase of the namespace.
    # core.v1.Namespace | Namespace provides a scope for Names.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard object's metadata.
    spec#2 core.v1.NamespaceSpec | Spec defines the behavior of the Namespace.
    status#3 core.v1.NamespaceStatus | Status describes the current status of a Namespace.
    # core.v1.LocalObjectReference atomic | LocalObjectReference contains enough information to let you locate the referenced object inside the same namespace.
    name#1 string | Name of the referent.
    # core.v1.ObjectReference atomic | ObjectReference contains enough information to let you inspect or modify the referred object.
    apiVersion#5 string | API version of the referent.
    fieldPath#7 string | If referring to a piece of an object instead of an entire object, this string should contain a valid JSON/Go field access statement, such as desiredState.manifest.containers[2].
    kind#1 string | Kind of the referent.
    name#3 string | Name of the referent.
    namespace#2 string | Namespace of the referent.
    resourceVersion#6 string | Specific resourceVersion to which this reference is made, if any.
    uid#4 string | UID of the referent.
    # core.v1.ServiceAccount | ServiceAccount binds together
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    automountServiceAccountToken#4 boolean | AutomountServiceAccountToken indicates whether pods running as this service account should have an API token automatically mounted.
    imagePullSecrets#3 [core.v1.LocalObjectReference] | ImagePullSecrets is a list of references to secrets in the same namespace to use for pulling any images in pods that reference this ServiceAccount.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard object's metadata.
    secrets#2 [core.v1.ObjectReference] merge=name map=name | Secrets is a list of the secrets in the same namespace that pods running using this ServiceAccount are allowed to use.
    # core.v1.EventSeries | EventSeries contain information on series of events, i.e. thing that was/is happening continuously for some time.
    count#1 integer | Number of occurrences in this series up to the last heartbeat time
    lastObservedTime#2 string/date-time | Time of the last occurrence observed
    # core.v1.EventSource | EventSource contains information for an event.
    component#1 string | Component from which the event is generated.
    host#2 string | Node name on which the event is generated.
    # core.v1.Event | Event is a report of an event somewhere in the cluster.
    action#12 string | What action was taken/failed regarding to the Regarding object.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    count#8 integer | The number of times this event has occurred.
    eventTime#10 string/date-time | Time when this Event was first observed.
    firstTimestamp#6 string/date-time | The time at which the event was first recorded.
    involvedObject#2! core.v1.ObjectReference atomic | The object that this event is about.
    kind string | Kind is a string value representing the REST resource this object represents.
    lastTimestamp#7 string/date-time | The time at which the most recent occurrence of this event was recorded.
    message#4 string | A human-readable description of the status of this operation.
    metadata#1! meta.v1.ObjectMeta | Standard object's metadata.
    reason#3 string | This should be a short, machine understandable string that gives the reason for the transition into the object's current status.
    related#13 core.v1.ObjectReference atomic | Optional secondary object for more complex actions.
    reportingComponent#14 string | Name of the controller that emitted this Event, e.g. `kubernetes.io/kubelet`.
    reportingInstance#15 string | ID of the controller instance, e.g. `kubelet-xyzf`.
    series#11 core.v1.EventSeries | Data about the Event series this event represents or nil if it's a singleton Event.
    source#5 core.v1.EventSource | The component reporting this event.
    type#9 string | Type of this event (Normal, Warning), new types could be added in the future
    # core.v1.ServicePort | ServicePort contains information on service's port.
    appProtocol#6 string | The application protocol for this port.
    name#1 string | The name of this port within the service.
    nodePort#5 integer | The port on each node on which this service is exposed when type is NodePort or LoadBalancer.
    port#3! integer port | The port that will be exposed by this service.
    protocol#2 string enum=SCTP,TCP,UDP default="TCP" | The IP protocol for this port.
    targetPort#4 int-or-string | Number or name of the port to access on the pods targeted by the service.
    # core.v1.ClientIPConfig | ClientIPConfig represents the configurations of Client IP based session affinity.
    timeoutSeconds#1 integer | timeoutSeconds specifies the seconds of ClientIP type session sticky time.
    # core.v1.SessionAffinityConfig | SessionAffinityConfig represents the configurations of session affinity.
    clientIP#1 core.v1.ClientIPConfig | clientIP contains the configurations of Client IP based session affinity.
    # core.v1.ServiceSpec | ServiceSpec describes the attributes that a user creates on a service.
    allocateLoadBalancerNodePorts#20 boolean | allocateLoadBalancerNodePorts defines if NodePorts will be automatically allocated for services with type LoadBalancer.
    clusterIP#3 string | clusterIP is the IP address of the service and is usually assigned randomly.
    clusterIPs#18 [string] | ClusterIPs is a list of IP addresses assigned to this service, and are usually assigned randomly.
    externalIPs#5 [string] | externalIPs is a list of IP addresses for which nodes in the cluster will also accept traffic for this service.
    externalName#10 string | externalName is the external reference that discovery mechanisms will return as an alias for this service (e.g. a DNS CNAME record).
    externalTrafficPolicy#11 string | externalTrafficPolicy describes how nodes distribute service traffic they receive on one of the Service's "externally-facing" addresses (NodePorts, ExternalIPs, and LoadBalancer IPs).
    healthCheckNodePort#12 integer | healthCheckNodePort specifies the healthcheck nodePort for the service.
    internalTrafficPolicy#22 string default="Cluster" | InternalTrafficPolicy describes how nodes distribute service traffic they receive on the ClusterIP.
    ipFamilies#19 [string] | IPFamilies is a list of IP families (e.g. IPv4, IPv6) assigned to this service.
    ipFamilyPolicy#17 string | IPFamilyPolicy represents the dual-stack-ness requested or required by this Service.
    loadBalancerClass#21 string | loadBalancerClass is the class of the load balancer implementation this Service belongs to.
    loadBalancerIP#8 string | Only applies to Service Type
    loadBalancerSourceRanges#9 [string] | If specified and supported by the platform, this will restrict traffic through the cloud-provider load-balancer will be restricted to the specified client IPs.
    ports#1 [core.v1.ServicePort] merge=port map=port,protocol | The list of ports that are exposed by this service.
    publishNotReadyAddresses#13 boolean | publishNotReadyAddresses indicates that any agent which deals with endpoints for this Service should disregard any indications of ready/not-ready.
    selector#2 {string} atomic | Route service traffic to pods with label keys and values matching this selector.
    sessionAffinity#7 string default="None" | Supports "ClientIP" and "None".
    sessionAffinityConfig#14 core.v1.SessionAffinityConfig | sessionAffinityConfig contains the configurations of session affinity.
    trafficDistribution#23 string | TrafficDistribution offers a way to express preferences for how traffic is distributed to Service endpoints.
    type#4 string enum=ClusterIP,ExternalName,LoadBalancer,NodePort default="ClusterIP" | type determines how the Service is exposed.
    # meta.v1.Condition | Condition contains details for one aspect of the current state of this API Resource.
    lastTransitionTime! string/date-time | lastTransitionTime is the last time the condition transitioned from one status to another.
    message! string | message is a human readable message indicating details about the transition.
    observedGeneration integer | observedGeneration represents the .metadata.generation that the condition was set based upon.
    reason! string | reason contains a programmatic identifier indicating the reason for the condition's last transition.
    status! string | status of the condition, one of True, False, Unknown.
    type! string | type of condition in CamelCase or in foo.example.com/CamelCase.
    # core.v1.PortStatus | PortStatus represents the error condition of a service port
    error#3 string | Error is to record the problem with the service port The format of the error shall comply with the following rules
    port#1! integer | Port is the port number of the service port of which status is recorded here
    protocol#2! string | Protocol is the protocol of the service port of which status is recorded here The supported values are
    # core.v1.LoadBalancerIngress | LoadBalancerIngress represents the status of a load-balancer ingress point
    hostname#2 string | Hostname is set for load-balancer ingress points that are DNS based (typically AWS load-balancers)
    ip#1 string | IP is set for load-balancer ingress points that are IP based (typically GCE or OpenStack load-balancers)
    ipMode#3 string | IPMode specifies how the load-balancer IP behaves, and may only be specified when the ip field is specified.
    ports#4 [core.v1.PortStatus] | Ports is a list of records of service ports If used, every port defined in the service should have an entry in it
    # core.v1.LoadBalancerStatus | LoadBalancerStatus represents the status of a load-balancer.
    ingress#1 [core.v1.LoadBalancerIngress] | Ingress is a list containing ingress points for the load-balancer.
    # core.v1.ServiceStatus | ServiceStatus represents the current status of a service.
    conditions#2 [meta.v1.Condition] merge=type map=type | Current service state
    loadBalancer#1 core.v1.LoadBalancerStatus | LoadBalancer contains the current status of the load-balancer, if one is present.
    # core.v1.Service | Service is a named abstraction of software service (for example, mysql) consisting of local port (for example 3306) that the proxy listens on, and the selector that determines which pods will answer r
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard object's metadata.
    spec#2 core.v1.ServiceSpec | Spec defines the behavior of a service.
    status#3 core.v1.ServiceStatus | Most recently observed status of the service.
    # core.v1.EndpointAddress atomic | EndpointAddress is a tuple that describes single IP address.
    hostname#3 string | The Hostname of this endpoint
    ip#1! string | The IP of this endpoint.
    nodeName#4 string | Optional: Node hosting this endpoint.
    targetRef#2 core.v1.ObjectReference atomic | Reference to object providing the endpoint.
    # core.v1.EndpointPort atomic | EndpointPort is a tuple that describes a single port.
    appProtocol#4 string | The application protocol for this port.
    name#1 string | The name of this port.
    port#2! integer | The port number of the endpoint.
    protocol#3 string | The IP protocol for this port.
    # core.v1.EndpointSubset | EndpointSubset is a group of addresses with a common set of ports.
    addresses#1 [core.v1.EndpointAddress] | IP addresses which offer the related ports that are marked as ready.
    notReadyAddresses#2 [core.v1.EndpointAddress] | IP addresses which offer the related ports but are not currently marked as ready because they have not yet finished starting, have recently failed a readiness check, or have recently failed a liveness
    ports#3 [core.v1.EndpointPort] | Port numbers available on the related IP addresses.
    # core.v1.Endpoints | Endpoints is a collection of endpoints that implement the actual service.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard object's metadata.
    subsets#2 [core.v1.EndpointSubset] | The set of all endpoints is the union of all subsets.
    # core.v1.TypedLocalObjectReference atomic | TypedLocalObjectReference contains enough information to let you locate the typed referenced object inside the same namespace.
    apiGroup#1 string | APIGroup is the group for the resource being referenced.
    kind#2! string | Kind is the type of resource being referenced
    name#3! string | Name is the name of resource being referenced
    # core.v1.TypedObjectReference | TypedObjectReference contains enough information to let you locate the typed referenced object
    apiGroup#1 string | APIGroup is the group for the resource being referenced.
    kind#2! string | Kind is the type of resource being referenced
    name#3! string | Name is the name of resource being referenced
    namespace#4 string | Namespace is the namespace of resource being referenced Note that when a namespace is specified, a gateway.networking.k8s.io/ReferenceGrant object is required in the referent namespace to allow that n
    # core.v1.VolumeResourceRequirements | VolumeResourceRequirements describes the storage resource requirements for a volume.
    limits#1 {quantity} | Limits describes the maximum amount of compute resources allowed.
    requests#2 {quantity} | Requests describes the minimum amount of compute resources required.
    # meta.v1.LabelSelectorRequirement | A label selector requirement is a selector that contains values, a key, and an operator that relates the key and values.
    key#1! string | key is the label key that the selector applies to.
    operator#2! string | operator represents a key's relationship to a set of values.
    values#3 [string] | values is an array of string values.
    # meta.v1.LabelSelector atomic | A label selector is a label query over a set of resources.
    matchExpressions#2 [meta.v1.LabelSelectorRequirement] | matchExpressions is a list of label selector requirements.
    matchLabels#1 {string} | matchLabels is a map of {key,value} pairs.
    # core.v1.PersistentVolumeClaimSpec | PersistentVolumeClaimSpec describes the common attributes of storage devices and allows a Source for provider-specific attributes
    accessModes#1 [string] | accessModes contains the desired access modes the volume should have.
    dataSource#7 core.v1.TypedLocalObjectReference atomic | dataSource field can be used to specify either
    dataSourceRef#8 core.v1.TypedObjectReference | dataSourceRef specifies the object from which to populate the volume with data, if a non-empty volume is desired.
    resources#2 core.v1.VolumeResourceRequirements | resources represents the minimum resources the volume should have.
    selector#4 meta.v1.LabelSelector atomic | selector is a label query over volumes to consider for binding.
    storageClassName#5 string | storageClassName is the name of the StorageClass required by the claim.
    volumeAttributesClassName#9 string | volumeAttributesClassName may be used to set the VolumeAttributesClass used by this claim.
    volumeMode#6 string default="Filesystem" | volumeMode defines what type of volume is required by the claim.
    volumeName#3 string | volumeName is the binding reference to the PersistentVolume backing this claim.
    # core.v1.PersistentVolumeClaimCondition | PersistentVolumeClaimCondition contains details about state of pvc
    lastProbeTime#3 string/date-time | lastProbeTime is the time we probed the condition.
    lastTransitionTime#4 string/date-time | lastTransitionTime is the time the condition transitioned from one status to another.
    message#6 string | message is the human-readable message indicating details about last transition.
    reason#5 string | reason is a unique, this should be a short, machine understandable string that gives the reason for condition's last transition.
    status#2! string | Status is the status of the condition.
    type#1! string | Type is the type of the condition.
    # core.v1.ModifyVolumeStatus | ModifyVolumeStatus represents the status object of ControllerModifyVolume operation
    status#2! string | status is the status of the ControllerModifyVolume operation.
    targetVolumeAttributesClassName#1 string | targetVolumeAttributesClassName is the name of the VolumeAttributesClass the PVC currently being reconciled
    # core.v1.PersistentVolumeClaimStatus | PersistentVolumeClaimStatus is the current status of a persistent volume claim.
    accessModes#2 [string] | accessModes contains the actual access modes the volume backing the PVC has.
    allocatedResourceStatuses#7 {string} | allocatedResourceStatuses stores status of resource being resized for the given PVC.
    allocatedResources#5 {quantity} | allocatedResources tracks the resources allocated to a PVC including its capacity.
    capacity#3 {quantity} | capacity represents the actual resources of the underlying volume.
    conditions#4 [core.v1.PersistentVolumeClaimCondition] merge=type map=type | conditions is the current Condition of persistent volume claim.
    currentVolumeAttributesClassName#8 string | currentVolumeAttributesClassName is the current name of the VolumeAttributesClass the PVC is using.
    modifyVolumeStatus#9 core.v1.ModifyVolumeStatus | ModifyVolumeStatus represents the status object of ControllerModifyVolume operation.
    phase#1 string | phase represents the current phase of PersistentVolumeClaim.
    # core.v1.PersistentVolumeClaim | PersistentVolumeClaim is a user's request for and claim to a persistent volume
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard object's metadata.
    spec#2 core.v1.PersistentVolumeClaimSpec | spec defines the desired characteristics of a volume requested by a pod author.
    status#3 core.v1.PersistentVolumeClaimStatus | status represents the current information/status of a persistent volume claim.
    # core.v1.HostPathVolumeSource | Represents a host path mapped into a pod.
    path#1! string | path of the directory on the host.
    type#2 string default="" | type for HostPath Volume Defaults to ""
    # core.v1.LocalVolumeSource | Local represents directly-attached storage with node affinity
    fsType#2 string | fsType is the filesystem type to mount.
    path#1! string | path of the full path to the volume on the node.
    # core.v1.NFSVolumeSource | Represents an NFS mount that lasts the lifetime of a pod.
    path#2! string | path that is exported by the NFS server.
    readOnly#3 boolean | readOnly here will force the NFS export to be mounted with read-only permissions.
    server#1! string | server is the hostname or IP address of the NFS server.
    # core.v1.NodeSelectorRequirement | A node selector requirement is a selector that contains values, a key, and an operator that relates the key and values.
    key#1! string | The label key that the selector applies to.
    operator#2! string | Represents a key's relationship to a set of values.
    values#3 [string] | An array of string values.
    # core.v1.NodeSelectorTerm atomic | A null or empty node selector term matches no objects.
    matchExpressions#1 [core.v1.NodeSelectorRequirement] | A list of node selector requirements by node's labels.
    matchFields#2 [core.v1.NodeSelectorRequirement] | A list of node selector requirements by node's fields.
    # core.v1.NodeSelector atomic | A node selector represents the union of the results of one or more label queries over a set of nodes; that is, it represents the OR of the selectors represented by the node selector terms.
    nodeSelectorTerms#1! [core.v1.NodeSelectorTerm] | Required. A list of node selector terms.
    # core.v1.VolumeNodeAffinity | VolumeNodeAffinity defines constraints that limit what nodes this volume can be accessed from.
    required#1 core.v1.NodeSelector atomic | required specifies hard node constraints that must be met.
    # core.v1.PersistentVolumeSpec | PersistentVolumeSpec is the specification of a persistent volume.
    accessModes#3 [string] | accessModes contains all ways the volume can be mounted.
    awsElasticBlockStore#2.2 any | awsElasticBlockStore represents an AWS Disk resource that is attached to a kubelet's host machine and then exposed to the pod.
    azureDisk#2.16 any | azureDisk represents an Azure Data Disk mount on the host and bind mount to the pod.
    azureFile#2.13 any | azureFile represents an Azure File Service mount on the host and bind mount to the pod.
    capacity#1 {quantity} | capacity is the description of the persistent volume's resources and capacity.
    cephfs#2.9 any | cephFS represents a Ceph FS mount on the host that shares a pod's lifetime.
    cinder#2.8 any | cinder represents a cinder volume attached and mounted on kubelets host machine.
    claimRef#4 core.v1.ObjectReference atomic | claimRef is part of a bi-directional binding between PersistentVolume and PersistentVolumeClaim.
    csi#2.22 any | csi represents storage that is handled by an external CSI driver.
    fc#2.10 any | fc represents a Fibre Channel resource that is attached to a kubelet's host machine and then exposed to the pod.
    flexVolume#2.12 any | flexVolume represents a generic volume resource that is provisioned/attached using an exec based plugin.
    flocker#2.11 any | flocker represents a Flocker volume attached to a kubelet's host machine and exposed to the pod for its usage.
    gcePersistentDisk#2.1 any | gcePersistentDisk represents a GCE Disk resource that is attached to a kubelet's host machine and then exposed to the pod.
    glusterfs#2.4 any | glusterfs represents a Glusterfs volume that is attached to a host and exposed to the pod.
    hostPath#2.3 core.v1.HostPathVolumeSource | hostPath represents a directory on the host.
    iscsi#2.7 any | iscsi represents an ISCSI Disk resource that is attached to a kubelet's host machine and then exposed to the pod.
    local#2.20 core.v1.LocalVolumeSource | local represents directly-attached storage with node affinity
    mountOptions#7 [string] | mountOptions is the list of mount options, e.g. ["ro", "soft"].
    nfs#2.5 core.v1.NFSVolumeSource | nfs represents an NFS mount on the host.
    nodeAffinity#9 core.v1.VolumeNodeAffinity | nodeAffinity defines constraints that limit what nodes this volume can be accessed from.
    persistentVolumeReclaimPolicy#5 string default="Retain" | persistentVolumeReclaimPolicy defines what happens to a persistent volume when released from its claim.
    photonPersistentDisk#2.17 any | photonPersistentDisk represents a PhotonController persistent disk attached and mounted on kubelets host machine.
    portworxVolume#2.18 any | portworxVolume represents a portworx volume attached and mounted on kubelets host machine.
    quobyte#2.15 any | quobyte represents a Quobyte mount on the host that shares a pod's lifetime.
    rbd#2.6 any | rbd represents a Rados Block Device mount on the host that shares a pod's lifetime.
    scaleIO#2.19 any | scaleIO represents a ScaleIO persistent volume attached and mounted on Kubernetes nodes.
    storageClassName#6 string | storageClassName is the name of StorageClass to which this persistent volume belongs.
    storageos#2.21 any | storageOS represents a StorageOS volume that is attached to the kubelet's host machine and mounted into the pod.
    volumeAttributesClassName#10 string | Name of VolumeAttributesClass to which this persistent volume belongs.
    volumeMode#8 string default="Filesystem" | volumeMode defines if a volume is intended to be used with a formatted filesystem or to remain in raw block state.
    vsphereVolume#2.14 any | vsphereVolume represents a vSphere volume attached and mounted on kubelets host machine.
    # core.v1.PersistentVolumeStatus | PersistentVolumeStatus is the current status of a persistent volume.
    lastPhaseTransitionTime#4 string/date-time | lastPhaseTransitionTime is the time the phase transitioned from one to another and automatically resets to current time everytime a volume phase transitions.
    message#2 string | message is a human-readable message indicating details about why the volume is in this state.
    phase#1 string | phase indicates if a volume is available, bound to a claim, or released by a claim.
    reason#3 string | reason is a brief CamelCase string that describes any failure and is meant for machine parsing and tidy display in the CLI.
    # core.v1.PersistentVolume | PersistentVolume (PV) is a storage resource provisioned by an administrator.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard object's metadata.
    spec#2 core.v1.PersistentVolumeSpec | spec defines a specification of a persistent volume owned by the cluster.
    status#3 core.v1.PersistentVolumeStatus | status represents the current information/status for the persistent volume.
    # core.v1.Taint | The node this Taint is attached to has the "effect" on any pod that does not tolerate the Taint.
    effect#3! string | Required. The effect of the taint on pods that do not tolerate the taint.
    key#1! string | Required. The taint key to be applied to a node.
    timeAdded#4 string/date-time | TimeAdded represents the time at which the taint was added.
    value#2 string | The taint value corresponding to the taint key.
    # core.v1.NodeSpec | NodeSpec describes the attributes that a node is created with.
    configSource#6 any | Deprecated: Previously used to specify the source of the node's configuration for the DynamicKubeletConfig feature.
    externalID#2 string | Deprecated. Not all kubelets will set this field.
    podCIDR#1 string | PodCIDR represents the pod IP range assigned to the node.
    podCIDRs#7 [string] mergeset set | podCIDRs represents the IP ranges assigned to the node for usage by Pods on that node.
    providerID#3 string | ID of the node assigned by the cloud provider in the format
    taints#5 [core.v1.Taint] | If specified, the node's taints.
    unschedulable#4 boolean | Unschedulable controls node schedulability of new pods.
    # core.v1.NodeAddress | NodeAddress contains information for the node's address.
    address#2! string | The node address.
    type#1! string | Node address type, one of Hostname, ExternalIP or InternalIP.
    # core.v1.NodeCondition | NodeCondition contains condition information for a node.
    lastHeartbeatTime#3 string/date-time | Last time we got an update on a given condition.
    lastTransitionTime#4 string/date-time | Last time the condition transit from one status to another.
    message#6 string | Human readable message indicating details about last transition.
    reason#5 string | (brief) reason for the condition's last transition.
    status#2! string | Status of the condition, one of True, False, Unknown.
    type#1! string | Type of node condition.
    # core.v1.DaemonEndpoint | DaemonEndpoint contains information about a single Daemon endpoint.
    Port#1! integer | Port number of the given endpoint.
    # core.v1.NodeDaemonEndpoints | NodeDaemonEndpoints lists ports opened by daemons running on the Node.
    kubeletEndpoint#1 core.v1.DaemonEndpoint | Endpoint on which Kubelet is listening.
    # core.v1.NodeFeatures | NodeFeatures describes the set of features implemented by the CRI implementation.
    supplementalGroupsPolicy#1 boolean | SupplementalGroupsPolicy is set to true if the runtime supports SupplementalGroupsPolicy and ContainerUser.
    # core.v1.ContainerImage | Describe a container image
    names#1 [string] | Names by which this image is known.
    sizeBytes#2 integer | The size of the image in bytes.
    # core.v1.NodeSystemInfo | NodeSystemInfo is a set of ids/uuids to uniquely identify the node.
    architecture#10! string | The Architecture reported by the node
    bootID#3! string | Boot ID reported by the node.
    containerRuntimeVersion#6! string | ContainerRuntime Version reported by the node through runtime remote API (e.g. containerd://1.4.2).
    kernelVersion#4! string | Kernel Version reported by the node from 'uname -r' (e.g. 3.16.0-0.bpo.4-amd64).
    kubeProxyVersion#8! string | Deprecated: KubeProxy Version reported by the node.
    kubeletVersion#7! string | Kubelet Version reported by the node.
    machineID#1! string | MachineID reported by the node.
    operatingSystem#9! string | The Operating System reported by the node
    osImage#5! string | OS Image reported by the node from /etc/os-release (e.g. Debian GNU/Linux 7 (wheezy)).
    systemUUID#2! string | SystemUUID reported by the node.
    # core.v1.NodeRuntimeHandlerFeatures | NodeRuntimeHandlerFeatures is a set of features implemented by the runtime handler.
    recursiveReadOnlyMounts#1 boolean | RecursiveReadOnlyMounts is set to true if the runtime handler supports RecursiveReadOnlyMounts.
    userNamespaces#2 boolean | UserNamespaces is set to true if the runtime handler supports UserNamespaces, including for volumes.
    # core.v1.NodeRuntimeHandler | NodeRuntimeHandler is a set of runtime handler information.
    features#2 core.v1.NodeRuntimeHandlerFeatures | Supported features.
    name#1 string | Runtime handler name.
    # core.v1.AttachedVolume | AttachedVolume describes a volume attached to a node
    devicePath#2! string | DevicePath represents the device path where the volume should be available
    name#1! string | Name of the attached volume
    # core.v1.NodeStatus | NodeStatus is information about the current status of a node.
    addresses#5 [core.v1.NodeAddress] merge=type map=type | List of addresses reachable to the node.
    allocatable#2 {quantity} | Allocatable represents the resources of a node that are available for scheduling.
    capacity#1 {quantity} | Capacity represents the total resources of a node.
    conditions#4 [core.v1.NodeCondition] merge=type map=type | Conditions is an array of current observed node conditions.
    config#11 any | Status of the config assigned to the node via the dynamic Kubelet config feature.
    daemonEndpoints#6 core.v1.NodeDaemonEndpoints | Endpoints of daemons running on the Node.
    features#13 core.v1.NodeFeatures | Features describes the set of features implemented by the CRI implementation.
    images#8 [core.v1.ContainerImage] | List of container images on this node
    nodeInfo#7 core.v1.NodeSystemInfo | Set of ids/uuids to uniquely identify the node.
    phase#3 string | NodePhase is the recently observed lifecycle phase of the node.
    runtimeHandlers#12 [core.v1.NodeRuntimeHandler] | The available runtime handlers.
    volumesAttached#10 [core.v1.AttachedVolume] | List of volumes that are attached to the node.
    volumesInUse#9 [string] | List of attachable volumes in use (mounted) by the node.
    # core.v1.Node | Node is a worker node in Kubernetes.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard object's metadata.
    spec#2 core.v1.NodeSpec | Spec defines the behavior of a node.
    status#3 core.v1.NodeStatus | Most recently observed status of the node.
    # events.v1.EventSeries | EventSeries contain information on series of events, i.e. thing that was/is happening continuously for some time.
    count#1! integer | count is the number of occurrences in this series up to the last heartbeat time.
    lastObservedTime#2! string/date-time | lastObservedTime is the time when last Event from the series was seen before last heartbeat.
    # events.v1.Event | Event is a report of an event somewhere in the cluster.
    action#6 string | action is what action was taken/failed regarding to the regarding object.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    deprecatedCount#15 integer | deprecatedCount is the deprecated field assuring backward compatibility with core.v1 Event type.
    deprecatedFirstTimestamp#13 string/date-time | deprecatedFirstTimestamp is the deprecated field assuring backward compatibility with core.v1 Event type.
    deprecatedLastTimestamp#14 string/date-time | deprecatedLastTimestamp is the deprecated field assuring backward compatibility with core.v1 Event type.
    deprecatedSource#12 core.v1.EventSource | deprecatedSource is the deprecated field assuring backward compatibility with core.v1 Event type.
    eventTime#2! string/date-time | eventTime is the time when this Event was first observed.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard object's metadata.
    note#10 string | note is a human-readable description of the status of this operation.
    reason#7 string | reason is why the action was taken.
    regarding#8 core.v1.ObjectReference atomic | regarding contains the object this Event is about.
    related#9 core.v1.ObjectReference atomic | related is the optional secondary object for more complex actions.
    reportingController#4 string | reportingController is the name of the controller that emitted this Event, e.g. `kubernetes.io/kubelet`.
    reportingInstance#5 string | reportingInstance is the ID of the controller instance, e.g. `kubelet-xyzf`.
    series#3 events.v1.EventSeries | series is data about the Event series this event represents or nil if it's a singleton Event.
    type#11 string | type is the type of this event (Normal, Warning), new types could be added in the future.
    # coordination.v1.LeaseSpec | LeaseSpec is a specification of a Lease.
    acquireTime#3 string/date-time | acquireTime is a time when the current lease was acquired.
    holderIdentity#1 string | holderIdentity contains the identity of the holder of a current lease.
    leaseDurationSeconds#2 integer | leaseDurationSeconds is a duration that candidates for a lease need to wait to force acquire it.
    leaseTransitions#5 integer | leaseTransitions is the number of transitions of a lease between holders.
    preferredHolder#7 string | PreferredHolder signals to a lease holder that the lease has a more optimal holder and should be given up.
    renewTime#4 string/date-time | renewTime is a time when the current holder of a lease has last updated the lease.
    strategy#6 string | Strategy indicates the strategy for picking the leader for coordinated leader election.
    # coordination.v1.Lease | Lease defines a lease concept.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | 
    spec#2 coordination.v1.LeaseSpec | spec contains the specification of the Lease.
    # discovery.v1.EndpointConditions | EndpointConditions represents the current condition of an endpoint.
    ready#1 boolean | ready indicates that this endpoint is prepared to receive traffic, according to whatever system is managing the endpoint.
    serving#2 boolean | serving is identical to ready except that it is set regardless of the terminating state of endpoints.
    terminating#3 boolean | terminating indicates that this endpoint is terminating.
    # discovery.v1.ForZone | ForZone provides information about which zones should consume this endpoint.
    name#1! string | name represents the name of the zone.
    # discovery.v1.EndpointHints | EndpointHints provides hints describing how an endpoint should be consumed.
    forZones#1 [discovery.v1.ForZone] | forZones indicates the zone(s) this endpoint should be consumed by to enable topology aware routing.
    # discovery.v1.Endpoint | Endpoint represents a single logical "backend" implementing a service.
    addresses#1! [string] set | addresses of this endpoint.
    conditions#2 discovery.v1.EndpointConditions | conditions contains information about the current status of the endpoint.
    deprecatedTopology#5 {string} | deprecatedTopology contains topology information part of the v1beta1 API.
    hints#8 discovery.v1.EndpointHints | hints contains information associated with how an endpoint should be consumed.
    hostname#3 string | hostname of this endpoint.
    nodeName#6 string | nodeName represents the name of the Node hosting this endpoint.
    targetRef#4 core.v1.ObjectReference atomic | targetRef is a reference to a Kubernetes object that represents this endpoint.
    zone#7 string | zone is the name of the Zone this endpoint exists in.
    # discovery.v1.EndpointPort atomic | EndpointPort represents a Port used by an EndpointSlice
    appProtocol#4 string | The application protocol for this port.
    name#1 string | name represents the name of this port.
    port#3 integer | port represents the port number of the endpoint.
    protocol#2 string | protocol represents the IP protocol for this port.
    # discovery.v1.EndpointSlice | EndpointSlice represents a subset of the endpoints that implement a service.
    addressType#4! string | addressType specifies the type of address carried by this EndpointSlice.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    endpoints#2! [discovery.v1.Endpoint] | endpoints is a list of unique endpoints in this slice.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard object's metadata.
    ports#3 [discovery.v1.EndpointPort] | ports specifies the list of network ports exposed by each endpoint in this slice.
    """#
}
