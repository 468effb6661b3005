extension SchemaTable {
  /// Types of the API of Kubernetes 1.32, after its published OpenAPI document; see `SchemaTable` for the notation.
  static let pods = #"""
    # core.v1.PreferredSchedulingTerm | An empty preferred scheduling term matches all objects with implicit weight 0 (i.e. it's a no-op).
    preference#2! core.v1.NodeSelectorTerm atomic | A node selector term, associated with the corresponding weight.
    weight#1! integer | Weight associated with matching the corresponding nodeSelectorTerm, in the range 1-100.
    # core.v1.NodeAffinity | Node affinity is a group of node affinity scheduling rules.
    preferredDuringSchedulingIgnoredDuringExecution#2 [core.v1.PreferredSchedulingTerm] | The scheduler will prefer to schedule pods to nodes that satisfy the affinity expressions specified by this field, but it may choose a node that violates one or more of the expressions.
    requiredDuringSchedulingIgnoredDuringExecution#1 core.v1.NodeSelector atomic | If the affinity requirements specified by this field are not met at scheduling time, the pod will not be scheduled onto the node.
    # core.v1.PodAffinityTerm | Defines a set of pods (namely those matching the labelSelector relative to the given namespace(s)) that this pod should be co-located (affinity) or not co-located (anti-affinity) with, where co-locate
    labelSelector#1 meta.v1.LabelSelector atomic | A label query over a set of resources, in this case pods.
    matchLabelKeys#5 [string] | MatchLabelKeys is a set of pod label keys to select which pods will be taken into consideration.
    mismatchLabelKeys#6 [string] | MismatchLabelKeys is a set of pod label keys to select which pods will be taken into consideration.
    namespaceSelector#4 meta.v1.LabelSelector atomic | A label query over the set of namespaces that the term applies to.
    namespaces#2 [string] | namespaces specifies a static list of namespace names that the term applies to.
    topologyKey#3! string | This pod should be co-located (affinity) or not co-located (anti-affinity) with the pods matching the labelSelector in the specified namespaces, where co-located is defined as running on a node whose
    # core.v1.WeightedPodAffinityTerm | The weights of all of the matched WeightedPodAffinityTerm fields are added per-node to find the most preferred node(s)
    podAffinityTerm#2! core.v1.PodAffinityTerm | Required. A pod affinity term, associated with the corresponding weight.
    weight#1! integer | weight associated with matching the corresponding podAffinityTerm, in the range 1-100.
    # core.v1.PodAffinity | Pod affinity is a group of inter pod affinity scheduling rules.
    preferredDuringSchedulingIgnoredDuringExecution#2 [core.v1.WeightedPodAffinityTerm] | The scheduler will prefer to schedule pods to nodes that satisfy the affinity expressions specified by this field, but it may choose a node that violates one or more of the expressions.
    requiredDuringSchedulingIgnoredDuringExecution#1 [core.v1.PodAffinityTerm] | If the affinity requirements specified by this field are not met at scheduling time, the pod will not be scheduled onto the node.
    # core.v1.PodAntiAffinity | Pod anti affinity is a group of inter pod anti affinity scheduling rules.
    preferredDuringSchedulingIgnoredDuringExecution#2 [core.v1.WeightedPodAffinityTerm] | The scheduler will prefer to schedule pods to nodes that satisfy the anti-affinity expressions specified by this field, but it may choose a node that violates one or more of the expressions.
    requiredDuringSchedulingIgnoredDuringExecution#1 [core.v1.PodAffinityTerm] | If the anti-affinity requirements specified by this field are not met at scheduling time, the pod will not be scheduled onto the node.
    # core.v1.Affinity | Affinity is a group of affinity scheduling rules.
    nodeAffinity#1 core.v1.NodeAffinity | Describes node affinity scheduling rules for the pod.
    podAffinity#2 core.v1.PodAffinity | Describes pod affinity scheduling rules (e.g. co-locate this pod in the same node, zone, etc.
    podAntiAffinity#3 core.v1.PodAntiAffinity | Describes pod anti-affinity scheduling rules (e.g. avoid putting this pod in the same node, zone, etc.
    # core.v1.ConfigMapKeySelector atomic | Selects a key from a ConfigMap.
    key#2! string | The key to select.
    name#1.1 string | Name of the referent.
    optional#3 boolean | Specify whether the ConfigMap or its key must be defined
    # core.v1.ObjectFieldSelector atomic | ObjectFieldSelector selects an APIVersioned field of an object.
    apiVersion#1 string default="v1" | Version of the schema the FieldPath is written in terms of, defaults to "v1".
    fieldPath#2! string | Path of the field to select in the specified API version.
    # core.v1.ResourceFieldSelector atomic | ResourceFieldSelector represents container resources (cpu, memory) and their output format
    containerName#1 string | Container name: required for volumes, optional for env vars
    divisor#3 quantity | Specifies the output format of the exposed resources, defaults to "1"
    resource#2! string | Required: resource to select
    # core.v1.SecretKeySelector atomic | SecretKeySelector selects a key of a Secret.
    key#2! string | The key of the secret to select from.
    name#1.1 string | Name of the referent.
    optional#3 boolean | Specify whether the Secret or its key must be defined
    # core.v1.EnvVarSource | EnvVarSource represents a source for the value of an EnvVar.
    configMapKeyRef#3 core.v1.ConfigMapKeySelector atomic | Selects a key of a ConfigMap.
    fieldRef#1 core.v1.ObjectFieldSelector atomic | Selects a field of the pod
    resourceFieldRef#2 core.v1.ResourceFieldSelector atomic | Selects a resource of the container
    secretKeyRef#4 core.v1.SecretKeySelector atomic | Selects a key of a secret in the pod's namespace
    # core.v1.EnvVar | EnvVar represents an environment variable present in a Container.
    name#1! string | Name of the environment variable.
    value#2 string | Variable references $(VAR_NAME) are expanded using the previously defined environment variables in the container and any service environment variables.
    valueFrom#3 core.v1.EnvVarSource | Source for the environment variable's value.
    # core.v1.ConfigMapEnvSource | ConfigMapEnvSource selects a ConfigMap to populate the environment variables with.
    name#1.1 string | Name of the referent.
    optional#2 boolean | Specify whether the ConfigMap must be defined
    # core.v1.SecretEnvSource | SecretEnvSource selects a Secret to populate the environment variables with.
    name#1.1 string | Name of the referent.
    optional#2 boolean | Specify whether the Secret must be defined
    # core.v1.EnvFromSource | EnvFromSource represents the source of a set of ConfigMaps
    configMapRef#2 core.v1.ConfigMapEnvSource | The ConfigMap to select from
    prefix#1 string | An optional identifier to prepend to each key in the ConfigMap.
    secretRef#3 core.v1.SecretEnvSource | The Secret to select from
    # core.v1.ExecAction | ExecAction describes a "run in container" action.
    command#1 [string] | Command is the command line to execute inside the container, the working directory for the command is root ('/') in the container's filesystem.
    # core.v1.HTTPHeader | HTTPHeader describes a custom header to be used in HTTP probes
    name#1! string | The header field name.
    value#2! string | The header field value
    # core.v1.HTTPGetAction | HTTPGetAction describes an action based on HTTP Get requests.
    host#3 string | Host name to connect to, defaults to the pod IP.
    httpHeaders#5 [core.v1.HTTPHeader] | Custom headers to set in the request.
    path#1 string default="/" | Path to access on the HTTP server.
    port#2! int-or-string | Name or number of the port to access on the container.
    scheme#4 string enum=HTTP,HTTPS default="HTTP" | Scheme to use for connecting to the host.
    # core.v1.SleepAction | SleepAction describes a "sleep" action.
    seconds#1! integer | Seconds is the number of seconds to sleep.
    # core.v1.TCPSocketAction | TCPSocketAction describes an action based on opening a socket
    host#2 string | Optional: Host name to connect to, defaults to the pod IP.
    port#1! int-or-string | Number or name of the port to access on the container.
    # core.v1.LifecycleHandler | LifecycleHandler defines a specific action that should be taken in a lifecycle hook.
    exec#1 core.v1.ExecAction | Exec specifies a command to execute in the container.
    httpGet#2 core.v1.HTTPGetAction | HTTPGet specifies an HTTP GET request to perform.
    sleep#4 core.v1.SleepAction | Sleep represents a duration that the container should sleep.
    tcpSocket#3 core.v1.TCPSocketAction | Deprecated. TCPSocket is NOT supported as a LifecycleHandler and kept for backward compatibility.
    # core.v1.Lifecycle | Lifecycle describes actions that the management system should take in response to container lifecycle events.
    postStart#1 core.v1.LifecycleHandler | PostStart is called immediately after a container is created.
    preStop#2 core.v1.LifecycleHandler | PreStop is called immediately before a container is terminated due to an API request or management event such as liveness/startup probe failure, preemption, resource contention, etc.
    # core.v1.GRPCAction | GRPCAction specifies an action involving a GRPC service.
    port#1! integer | Port number of the gRPC service.
    service#2 string | Service is the name of the service to place in the gRPC HealthCheckRequest (see https://github.com/grpc/grpc/blob/master/doc/health-checking.md).
    # core.v1.Probe | Probe describes a health check to be performed against a container to determine whether it is alive or ready to receive traffic.
    exec#1.1 core.v1.ExecAction | Exec specifies a command to execute in the container.
    failureThreshold#6 integer default=3 | Minimum consecutive failures for the probe to be considered failed after having succeeded.
    grpc#1.4 core.v1.GRPCAction | GRPC specifies a GRPC HealthCheckRequest.
    httpGet#1.2 core.v1.HTTPGetAction | HTTPGet specifies an HTTP GET request to perform.
    initialDelaySeconds#2 integer | Number of seconds after the container has started before liveness probes are initiated.
    periodSeconds#4 integer default=10 | How often (in seconds) to perform the probe.
    successThreshold#5 integer default=1 | Minimum consecutive successes for the probe to be considered successful after having failed.
    tcpSocket#1.3 core.v1.TCPSocketAction | TCPSocket specifies a connection to a TCP port.
    terminationGracePeriodSeconds#7 integer | Optional duration in seconds the pod needs to terminate gracefully upon probe failure.
    timeoutSeconds#3 integer default=1 | Number of seconds after which the probe times out.
    # core.v1.ContainerPort | ContainerPort represents a network port in a single container.
    containerPort#3! integer port | Number of port to expose on the pod's IP address.
    hostIP#5 string | What host IP to bind the external port to.
    hostPort#2 integer | Number of port to expose on the host.
    name#1 string | If specified, this must be an IANA_SVC_NAME and unique within the pod.
    protocol#4 string enum=SCTP,TCP,UDP default="TCP" | Protocol for port. Must be UDP, TCP, or SCTP.
    # core.v1.ContainerResizePolicy | ContainerResizePolicy represents resource resize policy for the container.
    resourceName#1! string | Name of the resource to which this resource resize policy applies.
    restartPolicy#2! string | Restart policy to apply when specified resource is resized.
    # core.v1.ResourceClaim | ResourceClaim references one entry in PodSpec.ResourceClaims.
    name#1! string | Name must match the name of one entry in pod.spec.resourceClaims of the Pod where this field is used.
    request#2 string | Request is the name chosen for a request in the referenced claim.
    # core.v1.ResourceRequirements | ResourceRequirements describes the compute resource requirements.
    claims#3 [core.v1.ResourceClaim] map=name | Claims lists the names of resources, defined in spec.resourceClaims, that are used by this container.
    limits#1 {quantity} | Limits describes the maximum amount of compute resources allowed.
    requests#2 {quantity} | Requests describes the minimum amount of compute resources required.
    # core.v1.AppArmorProfile | AppArmorProfile defines a pod or container's AppArmor settings.
    localhostProfile#2 string | localhostProfile indicates a profile loaded on the node that should be used.
    type#1! string | type indicates which kind of AppArmor profile will be applied.
    # core.v1.Capabilities | Adds and removes POSIX capabilities from running containers.
    add#1 [string] | Added capabilities
    drop#2 [string] | Removed capabilities
    # core.v1.SELinuxOptions | SELinuxOptions are the labels to be applied to the container
    level#4 string | Level is SELinux level label that applies to the container.
    role#2 string | Role is a SELinux role label that applies to the container.
    type#3 string | Type is a SELinux type label that applies to the container.
    user#1 string | User is a SELinux user label that applies to the container.
    # core.v1.SeccompProfile | SeccompProfile defines a pod/container's seccomp profile settings.
    localhostProfile#2 string | localhostProfile indicates a profile defined in a file on the node should be used.
    type#1! string | type indicates which kind of seccomp profile will be applied.
    # core.v1.WindowsSecurityContextOptions | WindowsSecurityContextOptions contain Windows-specific options and credentials.
    gmsaCredentialSpec#2 string | GMSACredentialSpec is where the GMSA admission webhook (https://github.com/kubernetes-sigs/windows-gmsa) inlines the contents of the GMSA credential spec named by the GMSACredentialSpecName field.
    gmsaCredentialSpecName#1 string | GMSACredentialSpecName is the name of the GMSA credential spec to use.
    hostProcess#4 boolean | HostProcess determines if a container should be run as a 'Host Process' container.
    runAsUserName#3 string | The UserName in Windows to run the entrypoint of the container process.
    # core.v1.SecurityContext | SecurityContext holds security configuration that will be applied to a container.
    allowPrivilegeEscalation#7 boolean | AllowPrivilegeEscalation controls whether a process can gain more privileges than its parent process.
    appArmorProfile#12 core.v1.AppArmorProfile | appArmorProfile is the AppArmor options to use by this container.
    capabilities#1 core.v1.Capabilities | The capabilities to add/drop when running containers.
    privileged#2 boolean | Run container in privileged mode.
    procMount#9 string | procMount denotes the type of proc mount to use for the containers.
    readOnlyRootFilesystem#6 boolean | Whether this container has a read-only root filesystem.
    runAsGroup#8 integer | The GID to run the entrypoint of the container process.
    runAsNonRoot#5 boolean | Indicates that the container must run as a non-root user.
    runAsUser#4 integer | The UID to run the entrypoint of the container process.
    seLinuxOptions#3 core.v1.SELinuxOptions | The SELinux context to be applied to the container.
    seccompProfile#11 core.v1.SeccompProfile | The seccomp options to use by this container.
    windowsOptions#10 core.v1.WindowsSecurityContextOptions | The Windows specific settings applied to all containers.
    # core.v1.VolumeDevice | volumeDevice describes a mapping of a raw block device within a container.
    devicePath#2! string | devicePath is the path inside of the container that the device will be mapped to.
    name#1! string | name must match the name of a persistentVolumeClaim in the pod
    # core.v1.VolumeMount | VolumeMount describes a mounting of a Volume within a container.
    mountPath#3! string | Path within the container at which the volume should be mounted.
    mountPropagation#5 string | mountPropagation determines how mounts are propagated from the host to container and the other way around.
    name#1! string | This must match the Name of a Volume.
    readOnly#2 boolean | Mounted read-only if true, read-write otherwise (false or unspecified).
    recursiveReadOnly#7 string | RecursiveReadOnly specifies whether read-only mounts should be handled recursively.
    subPath#4 string | Path within the volume from which the container's volume should be mounted.
    subPathExpr#6 string | Expanded path within the volume from which the container's volume should be mounted.
    # core.v1.Container | A single application container that you want to run within a pod.
    args#4 [string] | Arguments to the entrypoint.
    command#3 [string] | Entrypoint array. Not executed within a shell.
    env#7 [core.v1.EnvVar] merge=name map=name | List of environment variables to set in the container.
    envFrom#19 [core.v1.EnvFromSource] | List of sources to populate environment variables in the container.
    image#2 string | Container image name.
    imagePullPolicy#14 string enum=Always,IfNotPresent,Never | Image pull policy. One of Always, Never, IfNotPresent.
    lifecycle#12 core.v1.Lifecycle | Actions that the management system should take in response to container lifecycle events.
    livenessProbe#10 core.v1.Probe | Periodic probe of container liveness.
    name#1! string | Name of the container specified as a DNS_LABEL.
    ports#6 [core.v1.ContainerPort] merge=containerPort map=containerPort,protocol | List of ports to expose from the container.
    readinessProbe#11 core.v1.Probe | Periodic probe of container service readiness.
    resizePolicy#23 [core.v1.ContainerResizePolicy] | Resources resize policy for the container.
    resources#8 core.v1.ResourceRequirements default={} | Compute Resources required by this container.
    restartPolicy#24 string | RestartPolicy defines the restart behavior of individual containers in a pod.
    securityContext#15 core.v1.SecurityContext | SecurityContext defines the security options the container should be run with.
    startupProbe#22 core.v1.Probe | StartupProbe indicates that the Pod has successfully initialized.
    stdin#16 boolean | Whether this container should allocate a buffer for stdin in the container runtime.
    stdinOnce#17 boolean | Whether the container runtime should close the stdin channel after it has been opened by a single attach.
    terminationMessagePath#13 string default="/dev/termination-log" | Optional: Path at which the file to which the container's termination message will be written is mounted into the container's filesystem.
    terminationMessagePolicy#20 string enum=FallbackToLogsOnError,File default="File" | Indicate how the termination message should be populated.
    tty#18 boolean | Whether this container should allocate a TTY for itself, also requires 'stdin' to be true.
    volumeDevices#21 [core.v1.VolumeDevice] merge=devicePath map=devicePath | volumeDevices is the list of block devices to be used by the container.
    volumeMounts#9 [core.v1.VolumeMount] merge=mountPath map=mountPath | Pod volumes to mount into the container's filesystem.
    workingDir#5 string | Container's working directory.
    # core.v1.PodDNSConfigOption | PodDNSConfigOption defines DNS resolver options of a pod.
    name#1 string | Name is this DNS resolver option's name.
    value#2 string | Value is this DNS resolver option's value.
    # core.v1.PodDNSConfig | PodDNSConfig defines the DNS parameters of a pod in addition to those generated from DNSPolicy.
    nameservers#1 [string] | A list of DNS name server IP addresses.
    options#3 [core.v1.PodDNSConfigOption] | A list of DNS resolver options.
    searches#2 [string] | A list of DNS search domains for host-name lookup.
    # core.v1.EphemeralContainer | An EphemeralContainer is a temporary container that you may add to an existing Pod for user-initiated activities such as debugging.
    args [string] | Arguments to the entrypoint.
    command [string] | Entrypoint array. Not executed within a shell.
    env [core.v1.EnvVar] merge=name map=name | List of environment variables to set in the container.
    envFrom [core.v1.EnvFromSource] | List of sources to populate environment variables in the container.
    image string | Container image name.
    imagePullPolicy string | Image pull policy. One of Always, Never, IfNotPresent.
    lifecycle core.v1.Lifecycle | Lifecycle is not allowed for ephemeral containers.
    livenessProbe core.v1.Probe | Probes are not allowed for ephemeral containers.
    name! string | Name of the ephemeral container specified as a DNS_LABEL.
    ports [core.v1.ContainerPort] merge=containerPort map=containerPort,protocol | Ports are not allowed for ephemeral containers.
    readinessProbe core.v1.Probe | Probes are not allowed for ephemeral containers.
    resizePolicy [core.v1.ContainerResizePolicy] | Resources resize policy for the container.
    resources core.v1.ResourceRequirements | Resources are not allowed for ephemeral containers.
    restartPolicy string | Restart policy for the container to manage the restart behavior of each container within a pod.
    securityContext core.v1.SecurityContext | Optional: SecurityContext defines the security options the ephemeral container should be run with.
    startupProbe core.v1.Probe | Probes are not allowed for ephemeral containers.
    stdin boolean | Whether this container should allocate a buffer for stdin in the container runtime.
    stdinOnce boolean | Whether the container runtime should close the stdin channel after it has been opened by a single attach.
    targetContainerName#2 string | If set, the name of the container from PodSpec that this ephemeral container targets.
    terminationMessagePath string | Optional: Path at which the file to which the container's termination message will be written is mounted into the container's filesystem.
    terminationMessagePolicy string | Indicate how the termination message should be populated.
    tty boolean | Whether this container should allocate a TTY for itself, also requires 'stdin' to be true.
    volumeDevices [core.v1.VolumeDevice] merge=devicePath map=devicePath | volumeDevices is the list of block devices to be used by the container.
    volumeMounts [core.v1.VolumeMount] merge=mountPath map=mountPath | Pod volumes to mount into the container's filesystem.
    workingDir string | Container's working directory.
    # core.v1.HostAlias | HostAlias holds the mapping between IP and hostnames that will be injected as an entry in the pod's hosts file.
    hostnames#2 [string] | Hostnames for the above IP address.
    ip#1! string | IP address of the host file entry.
    # core.v1.PodOS | PodOS defines the OS parameters of a pod.
    name#1! string | Name is the name of the operating system.
    # core.v1.PodReadinessGate | PodReadinessGate contains the reference to a pod condition
    conditionType#1! string | ConditionType refers to a condition in the pod's condition list with matching type.
    # core.v1.PodSchedulingGate | PodSchedulingGate is associated to a Pod to guard its scheduling.
    name#1! string | Name of the scheduling gate.
    # core.v1.Sysctl | Sysctl defines a kernel parameter to be set
    name#1! string | Name of a property to set
    value#2! string | Value of a property to set
    # core.v1.PodSecurityContext | PodSecurityContext holds pod-level security attributes and common container settings.
    appArmorProfile#11 core.v1.AppArmorProfile | appArmorProfile is the AppArmor options to use by the containers in this pod.
    fsGroup#5 integer | A special supplemental group that applies to all containers in a pod.
    fsGroupChangePolicy#9 string | fsGroupChangePolicy defines behavior of changing ownership and permission of the volume before being exposed inside Pod.
    runAsGroup#6 integer | The GID to run the entrypoint of the container process.
    runAsNonRoot#3 boolean | Indicates that the container must run as a non-root user.
    runAsUser#2 integer | The UID to run the entrypoint of the container process.
    seLinuxChangePolicy#13 string | seLinuxChangePolicy defines how the container's SELinux label is applied to all volumes used by the Pod.
    seLinuxOptions#1 core.v1.SELinuxOptions | The SELinux context to be applied to all containers.
    seccompProfile#10 core.v1.SeccompProfile | The seccomp options to use by the containers in this pod.
    supplementalGroups#4 [integer] | A list of groups applied to the first process run in each container, in addition to the container's primary GID and fsGroup (if specified).
    supplementalGroupsPolicy#12 string | Defines how supplemental groups of the first container processes are calculated.
    sysctls#7 [core.v1.Sysctl] | Sysctls hold a list of namespaced sysctls used for the pod.
    windowsOptions#8 core.v1.WindowsSecurityContextOptions | The Windows specific settings applied to all containers.
    # core.v1.Toleration | The pod this Toleration is attached to tolerates any taint that matches the triple <key,value,effect> using the matching operator <operator>.
    effect#4 string | Effect indicates the taint effect to match.
    key#1 string | Key is the taint key that the toleration applies to.
    operator#2 string | Operator represents a key's relationship to the value.
    tolerationSeconds#5 integer | TolerationSeconds represents the period of time the toleration (which must be of effect NoExecute, otherwise this field is ignored) tolerates the taint.
    value#3 string | Value is the taint value the toleration matches to.
    # core.v1.TopologySpreadConstraint | TopologySpreadConstraint specifies how to spread matching pods among the given topology.
    labelSelector#4 meta.v1.LabelSelector atomic | LabelSelector is used to find matching pods.
    matchLabelKeys#8 [string] | MatchLabelKeys is a set of pod label keys to select the pods over which spreading will be calculated.
    maxSkew#1! integer | MaxSkew describes the degree to which pods may be unevenly distributed.
    minDomains#5 integer | MinDomains indicates a minimum number of eligible domains.
    nodeAffinityPolicy#6 string | NodeAffinityPolicy indicates how we will treat Pod's nodeAffinity/nodeSelector when calculating pod topology spread skew.
    nodeTaintsPolicy#7 string | NodeTaintsPolicy indicates how we will treat node taints when calculating pod topology spread skew.
    topologyKey#2! string | TopologyKey is the key of node labels.
    whenUnsatisfiable#3! string | WhenUnsatisfiable indicates how to deal with a pod if it doesn't satisfy the spread constraint.
    # core.v1.KeyToPath | Maps a string key to a path within a volume.
    key#1! string | key is the key to project.
    mode#3 integer | mode is Optional: mode bits used to set permissions on this file.
    path#2! string | path is the relative path of the file to map the key to.
    # core.v1.ConfigMapVolumeSource | Adapts a ConfigMap into a volume.
    defaultMode#3 integer default=420 | defaultMode is optional
    items#2 [core.v1.KeyToPath] | items if unspecified, each key-value pair in the Data field of the referenced ConfigMap will be projected into the volume as a file whose name is the key and content is the value.
    name#1.1 string | Name of the referent.
    optional#4 boolean | optional specify whether the ConfigMap or its keys must be defined
    # core.v1.CSIVolumeSource | Represents a source location of a volume to mount, managed by an external CSI driver
    driver#1! string | driver is the name of the CSI driver that handles this volume.
    fsType#3 string | fsType to mount. Ex. "ext4", "xfs", "ntfs".
    nodePublishSecretRef#5 core.v1.LocalObjectReference atomic | nodePublishSecretRef is a reference to the secret object containing sensitive information to pass to the CSI driver to complete the CSI NodePublishVolume and NodeUnpublishVolume calls.
    readOnly#2 boolean | readOnly specifies a read-only configuration for the volume.
    volumeAttributes#4 {string} | volumeAttributes stores driver-specific properties that are passed to the CSI driver.
    # core.v1.DownwardAPIVolumeFile | DownwardAPIVolumeFile represents information to create the file containing the pod field
    fieldRef#2 core.v1.ObjectFieldSelector atomic | Required: Selects a field of the pod
    mode#4 integer | Optional: mode bits used to set permissions on this file, must be an octal value between 0000 and 0777 or a decimal value between 0 and 511.
    path#1! string | Required: Path is the relative path name of the file to be created.
    resourceFieldRef#3 core.v1.ResourceFieldSelector atomic | Selects a resource of the container
    # core.v1.DownwardAPIVolumeSource | DownwardAPIVolumeSource represents a volume containing downward API info.
    defaultMode#2 integer default=420 | Optional: mode bits to use on created files by default.
    items#1 [core.v1.DownwardAPIVolumeFile] | Items is a list of downward API volume file
    # core.v1.EmptyDirVolumeSource | Represents an empty directory for a pod.
    medium#1 string | medium represents what type of storage medium should back this directory.
    sizeLimit#2 quantity | sizeLimit is the total amount of local storage required for this EmptyDir volume.
    # core.v1.PersistentVolumeClaimVolumeSource | PersistentVolumeClaimVolumeSource references the user's PVC in the same namespace.
    claimName#1! string | claimName is the name of a PersistentVolumeClaim in the same namespace as the pod using this volume.
    readOnly#2 boolean | readOnly Will force the ReadOnly setting in VolumeMounts.
    # core.v1.ClusterTrustBundleProjection | ClusterTrustBundleProjection describes how to select a set of ClusterTrustBundle objects and project their contents into the pod filesystem.
    labelSelector#3 meta.v1.LabelSelector atomic | Select all ClusterTrustBundles that match this label selector.
    name#1 string | Select a single ClusterTrustBundle by object name.
    optional#5 boolean | If true, don't block pod startup if the referenced ClusterTrustBundle(s) aren't available.
    path#4! string | Relative path from the volume root to write the bundle.
    signerName#2 string | Select all ClusterTrustBundles that match this signer name.
    # core.v1.ConfigMapProjection | Adapts a ConfigMap into a projected volume.
    items#2 [core.v1.KeyToPath] | items if unspecified, each key-value pair in the Data field of the referenced ConfigMap will be projected into the volume as a file whose name is the key and content is the value.
    name#1.1 string | Name of the referent.
    optional#4 boolean | optional specify whether the ConfigMap or its keys must be defined
    # core.v1.DownwardAPIProjection | Represents downward API info for projecting into a projected volume.
    items#1 [core.v1.DownwardAPIVolumeFile] | Items is a list of DownwardAPIVolume file
    # core.v1.SecretProjection | Adapts a secret into a projected volume.
    items#2 [core.v1.KeyToPath] | items if unspecified, each key-value pair in the Data field of the referenced Secret will be projected into the volume as a file whose name is the key and content is the value.
    name#1.1 string | Name of the referent.
    optional#4 boolean | optional field specify whether the Secret or its key must be defined
    # core.v1.ServiceAccountTokenProjection | ServiceAccountTokenProjection represents a projected service account token volume.
    audience#1 string | audience is the intended audience of the token.
    expirationSeconds#2 integer | expirationSeconds is the requested duration of validity of the service account token.
    path#3! string | path is the path relative to the mount point of the file to project the token into.
    # core.v1.VolumeProjection | Projection that may be projected along with other supported volume types.
    clusterTrustBundle#5 core.v1.ClusterTrustBundleProjection | ClusterTrustBundle allows a pod to access the `.spec.trustBundle` field of ClusterTrustBundle objects in an auto-updating file.
    configMap#3 core.v1.ConfigMapProjection | configMap information about the configMap data to project
    downwardAPI#2 core.v1.DownwardAPIProjection | downwardAPI information about the downwardAPI data to project
    secret#1 core.v1.SecretProjection | secret information about the secret data to project
    serviceAccountToken#4 core.v1.ServiceAccountTokenProjection | serviceAccountToken is information about the serviceAccountToken data to project
    # core.v1.ProjectedVolumeSource | Represents a projected volume source
    defaultMode#2 integer default=420 | defaultMode are the mode bits used to set permissions on created files by default.
    sources#1 [core.v1.VolumeProjection] | sources is the list of volume projections.
    # core.v1.SecretVolumeSource | Adapts a Secret into a volume.
    defaultMode#3 integer default=420 | defaultMode is Optional
    items#2 [core.v1.KeyToPath] | items If unspecified, each key-value pair in the Data field of the referenced Secret will be projected into the volume as a file whose name is the key and content is the value.
    optional#4 boolean | optional field specify whether the Secret or its keys must be defined
    secretName#1 string | secretName is the name of the secret in the pod's namespace to use.
    # core.v1.Volume | Volume represents a named volume in a pod that may be accessed by any container in the pod.
    awsElasticBlockStore#2.4 any | awsElasticBlockStore represents an AWS Disk resource that is attached to a kubelet's host machine and then exposed to the pod.
    azureDisk#2.22 any | azureDisk represents an Azure Data Disk mount on the host and bind mount to the pod.
    azureFile#2.18 any | azureFile represents an Azure File Service mount on the host and bind mount to the pod.
    cephfs#2.14 any | cephFS represents a Ceph FS mount on the host that shares a pod's lifetime.
    cinder#2.13 any | cinder represents a cinder volume attached and mounted on kubelets host machine.
    configMap#2.19 core.v1.ConfigMapVolumeSource | configMap represents a configMap that should populate this volume
    csi#2.28 core.v1.CSIVolumeSource | csi (Container Storage Interface) represents ephemeral storage that is handled by certain external CSI drivers.
    downwardAPI#2.16 core.v1.DownwardAPIVolumeSource | downwardAPI represents downward API about the pod that should populate this volume
    emptyDir#2.2 core.v1.EmptyDirVolumeSource | emptyDir represents a temporary directory that shares a pod's lifetime.
    ephemeral#2.29 any | ephemeral represents a volume that is handled by a cluster storage driver.
    fc#2.17 any | fc represents a Fibre Channel resource that is attached to a kubelet's host machine and then exposed to the pod.
    flexVolume#2.12 any | flexVolume represents a generic volume resource that is provisioned/attached using an exec based plugin.
    flocker#2.15 any | flocker represents a Flocker volume attached to a kubelet's host machine.
    gcePersistentDisk#2.3 any | gcePersistentDisk represents a GCE Disk resource that is attached to a kubelet's host machine and then exposed to the pod.
    gitRepo#2.5 any | gitRepo represents a git repository at a particular revision.
    glusterfs#2.9 any | glusterfs represents a Glusterfs mount on the host that shares a pod's lifetime.
    hostPath#2.1 core.v1.HostPathVolumeSource | hostPath represents a pre-existing file or directory on the host machine that is directly exposed to the container.
    image#2.30 any | image represents an OCI object (a container image or artifact) pulled and mounted on the kubelet's host machine.
    iscsi#2.8 any | iscsi represents an ISCSI Disk resource that is attached to a kubelet's host machine and then exposed to the pod.
    name#1! string | name of the volume. Must be a DNS_LABEL and unique within the pod.
    nfs#2.7 core.v1.NFSVolumeSource | nfs represents an NFS mount on the host that shares a pod's lifetime
    persistentVolumeClaim#2.10 core.v1.PersistentVolumeClaimVolumeSource | persistentVolumeClaimVolumeSource represents a reference to a PersistentVolumeClaim in the same namespace.
    photonPersistentDisk#2.23 any | photonPersistentDisk represents a PhotonController persistent disk attached and mounted on kubelets host machine.
    portworxVolume#2.24 any | portworxVolume represents a portworx volume attached and mounted on kubelets host machine.
    projected#2.26 core.v1.ProjectedVolumeSource | projected items for all in one resources secrets, configmaps, and downward API
    quobyte#2.21 any | quobyte represents a Quobyte mount on the host that shares a pod's lifetime.
    rbd#2.11 any | rbd represents a Rados Block Device mount on the host that shares a pod's lifetime.
    scaleIO#2.25 any | scaleIO represents a ScaleIO persistent volume attached and mounted on Kubernetes nodes.
    secret#2.6 core.v1.SecretVolumeSource | secret represents a secret that should populate this volume.
    storageos#2.27 any | storageOS represents a StorageOS volume attached and mounted on Kubernetes nodes.
    vsphereVolume#2.20 any | vsphereVolume represents a vSphere volume attached and mounted on kubelets host machine.
    # core.v1.PodSpec | PodSpec is a description of a pod.
    activeDeadlineSeconds#5 integer | Optional duration in seconds the pod may be active on the node relative to StartTime before the system will actively try to mark it failed and kill associated containers.
    affinity#18 core.v1.Affinity | If specified, the pod's scheduling constraints
    automountServiceAccountToken#21 boolean | AutomountServiceAccountToken indicates whether a service account token should be automatically mounted.
    containers#2! [core.v1.Container] merge=name map=name | List of containers belonging to the pod.
    dnsConfig#26 core.v1.PodDNSConfig | Specifies the DNS parameters of a pod.
    dnsPolicy#6 string default="ClusterFirst" | Set DNS policy for the pod.
    enableServiceLinks#30 boolean | EnableServiceLinks indicates whether information about services should be injected into pod's environment variables, matching the syntax of Docker links.
    ephemeralContainers#34 [core.v1.EphemeralContainer] merge=name map=name | List of ephemeral containers run in this pod.
    hostAliases#23 [core.v1.HostAlias] merge=ip map=ip | HostAliases is an optional list of hosts and IPs that will be injected into the pod's hosts file if specified.
    hostIPC#13 boolean | Use the host's ipc namespace.
    hostNetwork#11 boolean | Host networking requested for this pod.
    hostPID#12 boolean | Use the host's pid namespace.
    hostUsers#37 boolean | Use the host's user namespace.
    hostname#16 string | Specifies the hostname of the Pod If not specified, the pod's hostname will be set to a system-defined value.
    imagePullSecrets#15 [core.v1.LocalObjectReference] merge=name map=name | ImagePullSecrets is an optional list of references to secrets in the same namespace to use for pulling any of the images used by this PodSpec.
    initContainers#20 [core.v1.Container] merge=name map=name | List of initialization containers belonging to the pod.
    nodeName#10 string | NodeName indicates in which node this pod is scheduled.
    nodeSelector#7 {string} atomic | NodeSelector is a selector which must be true for the pod to fit on a node.
    os#36 core.v1.PodOS | Specifies the OS of the containers in the pod.
    overhead#32 {quantity} | Overhead represents the resource overhead associated with running a pod for a given RuntimeClass.
    preemptionPolicy#31 string | PreemptionPolicy is the Policy for preempting pods with lower priority.
    priority#25 integer | The priority value. Various system components use this field to find the priority of the pod.
    priorityClassName#24 string | If specified, indicates the pod's priority.
    readinessGates#28 [core.v1.PodReadinessGate] | If specified, all readiness gates will be evaluated for pod readiness.
    resourceClaims#39 [any] merge=name retain map=name | ResourceClaims defines which ResourceClaims must be allocated and reserved before the Pod is allowed to start.
    resources#40 core.v1.ResourceRequirements | Resources is the total amount of CPU and Memory resources required by all containers in the pod.
    restartPolicy#3 string enum=Always,Never,OnFailure default="Always" | Restart policy for all containers within the pod.
    runtimeClassName#29 string | RuntimeClassName refers to a RuntimeClass object in the node.k8s.io group, which should be used to run this pod.
    schedulerName#19 string default="default-scheduler" | If specified, the pod will be dispatched by specified scheduler.
    schedulingGates#38 [core.v1.PodSchedulingGate] merge=name map=name | SchedulingGates is an opaque list of values that if specified will block scheduling the pod.
    securityContext#14 core.v1.PodSecurityContext default={} | SecurityContext holds pod-level security attributes and common container settings.
    serviceAccount#9 string | DeprecatedServiceAccount is a deprecated alias for ServiceAccountName.
    serviceAccountName#8 string | ServiceAccountName is the name of the ServiceAccount to use to run this pod.
    setHostnameAsFQDN#35 boolean | If true the pod's hostname will be configured as the pod's FQDN, rather than the leaf name (the default).
    shareProcessNamespace#27 boolean | Share a single process namespace between all of the containers in a pod.
    subdomain#17 string | If specified, the fully qualified Pod hostname will be "<hostname>.<subdomain>.<pod namespace>.svc.<cluster domain>".
    terminationGracePeriodSeconds#4 integer default=30 | Optional duration in seconds the pod needs to terminate gracefully.
    tolerations#22 [core.v1.Toleration] | If specified, the pod's tolerations.
    topologySpreadConstraints#33 [core.v1.TopologySpreadConstraint] merge=topologyKey map=topologyKey,whenUnsatisfiable | TopologySpreadConstraints describes how a group of pods ought to spread across topology domains.
    volumes#1 [core.v1.Volume] merge=name retain map=name | List of volumes that can be mounted by containers belonging to the pod.
    # core.v1.PodCondition | PodCondition contains details for the current condition of this pod.
    lastProbeTime#3 string/date-time | Last time we probed the condition.
    lastTransitionTime#4 string/date-time | Last time the condition transitioned from one status to another.
    message#6 string | Human-readable message indicating details about last transition.
    reason#5 string | Unique, one-word, CamelCase reason for the condition's last transition.
    status#2! string | Status is the status of the condition.
    type#1! string | Type is the type of the condition.
    # core.v1.ResourceHealth | ResourceHealth represents the health of a resource.
    health#2 string | Health of the resource.
    resourceID#1! string | ResourceID is the unique identifier of the resource.
    # core.v1.ResourceStatus | ResourceStatus represents the status of a single resource allocated to a Pod.
    name#1! string | Name of the resource.
    resources#2 [core.v1.ResourceHealth] map=resourceID | List of unique resources health.
    # core.v1.ContainerStateRunning | ContainerStateRunning is a running state of a container.
    startedAt#1 string/date-time | Time at which the container was last (re-)started
    # core.v1.ContainerStateTerminated | ContainerStateTerminated is a terminated state of a container.
    containerID#7 string | Container's ID in the format '<type>://<container_id>'
    exitCode#1! integer | Exit status from the last termination of the container
    finishedAt#6 string/date-time | Time at which the container last terminated
    message#4 string | Message regarding the last termination of the container
    reason#3 string | (brief) reason from the last termination of the container
    signal#2 integer | Signal from the last termination of the container
    startedAt#5 string/date-time | Time at which previous execution of the container started
    # core.v1.ContainerStateWaiting | ContainerStateWaiting is a waiting state of a container.
    message#2 string | Message regarding why the container is not yet running.
    reason#1 string | (brief) reason the container is not yet running.
    # core.v1.ContainerState | ContainerState holds a possible state of container.
    running#2 core.v1.ContainerStateRunning | Details about a running container
    terminated#3 core.v1.ContainerStateTerminated | Details about a terminated container
    waiting#1 core.v1.ContainerStateWaiting | Details about a waiting container
    # core.v1.LinuxContainerUser | LinuxContainerUser represents user identity information in Linux containers
    gid#2! integer | GID is the primary gid initially attached to the first process in the container
    supplementalGroups#3 [integer] | SupplementalGroups are the supplemental groups initially attached to the first process in the container
    uid#1! integer | UID is the primary uid initially attached to the first process in the container
    # core.v1.ContainerUser | ContainerUser represents user identity information
    linux#1 core.v1.LinuxContainerUser | Linux holds user identity information initially attached to the first process of the containers in Linux.
    # core.v1.VolumeMountStatus | VolumeMountStatus shows status of volume mounts.
    mountPath#2! string | MountPath corresponds to the original VolumeMount.
    name#1! string | Name corresponds to the name of the original VolumeMount.
    readOnly#3 boolean | ReadOnly corresponds to the original VolumeMount.
    recursiveReadOnly#4 string | RecursiveReadOnly must be set to Disabled, Enabled, or unspecified (for non-readonly mounts).
    # core.v1.ContainerStatus | ContainerStatus contains details for the current status of this container.
    allocatedResources#10 {quantity} | AllocatedResources represents the compute resources allocated for this container by the node.
    allocatedResourcesStatus#14 [core.v1.ResourceStatus] merge=name map=name | AllocatedResourcesStatus represents the status of various resources allocated for this Pod.
    containerID#8 string | ContainerID is the ID of the container in the format '<type>://<container_id>'.
    image#6! string | Image is the name of container image that the container is running.
    imageID#7! string | ImageID is the image ID of the container's image.
    lastState#3 core.v1.ContainerState | LastTerminationState holds the last termination state of the container to help debug container crashes and restarts.
    name#1! string | Name is a DNS_LABEL representing the unique name of the container.
    ready#4! boolean | Ready specifies whether the container is currently passing its readiness check.
    resources#11 core.v1.ResourceRequirements | Resources represents the compute resource requests and limits that have been successfully enacted on the running container after it has been started or has been successfully resized.
    restartCount#5! integer | RestartCount holds the number of times the container has been restarted.
    started#9 boolean | Started indicates whether the container has finished its postStart lifecycle hook and passed its startup probe.
    state#2 core.v1.ContainerState | State holds details about the container's current condition.
    user#13 core.v1.ContainerUser | User represents user identity information initially attached to the first process of the container
    volumeMounts#12 [core.v1.VolumeMountStatus] merge=mountPath map=mountPath | Status of volume mounts.
    # core.v1.HostIP | HostIP represents a single IP address allocated to the host.
    ip#1! string | IP is the IP address assigned to the host
    # core.v1.PodIP | PodIP represents a single IP address allocated to the pod.
    ip#1! string | IP is the IP address assigned to the pod
    # core.v1.PodStatus | PodStatus represents information about the status of a pod.
    conditions#2 [core.v1.PodCondition] merge=type map=type | Current service state of pod.
    containerStatuses#8 [core.v1.ContainerStatus] | Statuses of containers in this pod.
    ephemeralContainerStatuses#13 [core.v1.ContainerStatus] | Statuses for any ephemeral containers that have run in this pod.
    hostIP#5 string | hostIP holds the IP address of the host to which the pod is assigned.
    hostIPs#16 [core.v1.HostIP] merge=ip | hostIPs holds the IP addresses allocated to the host.
    initContainerStatuses#10 [core.v1.ContainerStatus] | Statuses of init containers in this pod.
    message#3 string | A human readable message indicating details about why the pod is in this condition.
    nominatedNodeName#11 string | nominatedNodeName is set only when this pod preempts other pods on the node, but it cannot be scheduled right away as preemption victims receive their graceful termination periods.
    phase#1 string | The phase of a Pod is a simple, high-level summary of where the Pod is in its lifecycle.
    podIP#6 string | podIP address allocated to the pod.
    podIPs#12 [core.v1.PodIP] merge=ip map=ip | podIPs holds the IP addresses allocated to the pod.
    qosClass#9 string | The Quality of Service (QOS) classification assigned to the pod based on resource requirements See PodQOSClass type for available QOS classes
    reason#4 string | A brief CamelCase message indicating details about why the pod is in this state.
    resize#14 string | Status of resources resize desired for pod's containers.
    resourceClaimStatuses#15 [any] merge=name retain map=name | Status of resource claims.
    startTime#7 string/date-time | RFC 3339 date and time at which the object was acknowledged by the Kubelet.
    # core.v1.Pod | Pod is a collection of containers that can run on a host.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard object's metadata.
    spec#2 core.v1.PodSpec | Specification of the desired behavior of the pod.
    status#3 core.v1.PodStatus | Most recently observed status of the pod.
    """#
}
