extension SchemaTable {
  /// Types of the API of Kubernetes 1.32, after its published OpenAPI document; see `SchemaTable` for the notation.
  static let workloads = #"""
    # apps.v1.RollingUpdateDeployment | Spec to control the desired behavior of rolling update.
    maxSurge#2 int-or-string | The maximum number of pods that can be scheduled above the desired number of pods.
    maxUnavailable#1 int-or-string | The maximum number of pods that can be unavailable during the update.
    # apps.v1.DeploymentStrategy | DeploymentStrategy describes how to replace existing pods with new ones.
    rollingUpdate#2 apps.v1.RollingUpdateDeployment | Rolling update config params.
    type#1 string enum=Recreate,RollingUpdate | Type of deployment. Can be "Recreate" or "RollingUpdate".
    # core.v1.PodTemplateSpec | PodTemplateSpec describes the data a pod should have when created from a template
    metadata#1 meta.v1.ObjectMeta | Standard object's metadata.
    spec#2 core.v1.PodSpec | Specification of the desired behavior of the pod.
    # apps.v1.DeploymentSpec | DeploymentSpec is the specification of the desired behavior of the Deployment.
    minReadySeconds#5 integer | Minimum number of seconds for which a newly created pod should be ready without any of its container crashing, for it to be considered available.
    paused#7 boolean | Indicates that the deployment is paused.
    progressDeadlineSeconds#9 integer default=600 | The maximum time in seconds for a deployment to make progress before it is considered to be failed.
    replicas#1 integer default=1 | Number of desired pods.
    revisionHistoryLimit#6 integer default=10 | The number of old ReplicaSets to retain to allow rollback.
    selector#2! meta.v1.LabelSelector atomic | Label selector for pods.
    strategy#4 apps.v1.DeploymentStrategy retain default={"type":"RollingUpdate","rollingUpdate":{"maxSurge":"25%","maxUnavailable":"25%"}} | The deployment strategy to use to replace existing pods with new ones.
    template#3! core.v1.PodTemplateSpec | Template describes the pods that will be created.
    # apps.v1.DeploymentCondition | DeploymentCondition describes the state of a deployment at a certain point.
    lastTransitionTime#7 string/date-time | Last time the condition transitioned from one status to another.
    lastUpdateTime#6 string/date-time | The last time this condition was updated.
    message#5 string | A human readable message indicating details about the transition.
    reason#4 string | The reason for the condition's last transition.
    status#2! string | Status of the condition, one of True, False, Unknown.
    type#1! string | Type of deployment condition.
    # apps.v1.DeploymentStatus | DeploymentStatus is the most recently observed status of the Deployment.
    availableReplicas#4 integer | Total number of available pods (ready for at least minReadySeconds) targeted by this deployment.
    collisionCount#8 integer | Count of hash collisions for the Deployment.
    conditions#6 [apps.v1.DeploymentCondition] merge=type map=type | Represents the latest available observations of a deployment's current state.
    observedGeneration#1 integer | The generation observed by the deployment controller.
    readyReplicas#7 integer | readyReplicas is the number of pods targeted by this Deployment with a Ready Condition.
    replicas#2 integer | Total number of non-terminated pods targeted by this deployment (their labels match the selector).
    unavailableReplicas#5 integer | Total number of unavailable pods targeted by this deployment.
    updatedReplicas#3 integer | Total number of non-terminated pods targeted by this deployment that have the desired template spec.
    # apps.v1.Deployment | Deployment enables declarative updates for Pods and ReplicaSets.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard object's metadata.
    spec#2 apps.v1.DeploymentSpec | Specification of the desired behavior of the Deployment.
    status#3 apps.v1.DeploymentStatus | Most recently observed status of the Deployment.
    # apps.v1.ReplicaSetSpec | ReplicaSetSpec is the specification of a ReplicaSet.
    minReadySeconds#4 integer | Minimum number of seconds for which a newly created pod should be ready without any of its container crashing, for it to be considered available.
    replicas#1 integer default=1 | Replicas is the number of desired replicas.
    selector#2! meta.v1.LabelSelector atomic | Selector is a label query over pods that should match the replica count.
    template#3 core.v1.PodTemplateSpec | Template is the object that describes the pod that will be created if insufficient replicas are detected.
    # apps.v1.ReplicaSetCondition | ReplicaSetCondition describes the state of a replica set at a certain point.
    lastTransitionTime#3 string/date-time | The last time the condition transitioned from one status to another.
    message#5 string | A human readable message indicating details about the transition.
    reason#4 string | The reason for the condition's last transition.
    status#2! string | Status of the condition, one of True, False, Unknown.
    type#1! string | Type of replica set condition.
    # apps.v1.ReplicaSetStatus | ReplicaSetStatus represents the current status of a ReplicaSet.
    availableReplicas#5 integer | The number of available replicas (ready for at least minReadySeconds) for this replica set.
    conditions#6 [apps.v1.ReplicaSetCondition] merge=type map=type | Represents the latest available observations of a replica set's current state.
    fullyLabeledReplicas#2 integer | The number of pods that have labels matching the labels of the pod template of the replicaset.
    observedGeneration#3 integer | ObservedGeneration reflects the generation of the most recently observed ReplicaSet.
    readyReplicas#4 integer | readyReplicas is the number of pods targeted by this ReplicaSet with a Ready Condition.
    replicas#1! integer | Replicas is the most recently observed number of replicas.
    # apps.v1.ReplicaSet | ReplicaSet ensures that a specified number of pod replicas are running at any given time.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | If the Labels of a ReplicaSet are empty, they are defaulted to be the same as the Pod(s) that the ReplicaSet manages.
    spec#2 apps.v1.ReplicaSetSpec | Spec defines the specification of the desired behavior of the ReplicaSet.
    status#3 apps.v1.ReplicaSetStatus | Status is the most recently observed status of the ReplicaSet.
    # batch.v1.PodFailurePolicyOnExitCodesRequirement | PodFailurePolicyOnExitCodesRequirement describes the requirement for handling a failed pod based on its container exit codes.
    containerName#1 string | Restricts the check for exit codes to the container with the specified name.
    operator#2! string | Represents the relationship between the container exit code(s) and the specified values.
    values#3! [integer] set | Specifies the set of values.
    # batch.v1.PodFailurePolicyOnPodConditionsPattern | PodFailurePolicyOnPodConditionsPattern describes a pattern for matching an actual pod condition type.
    status#2! string | Specifies the required Pod condition status.
    type#1! string | Specifies the required Pod condition type.
    # batch.v1.PodFailurePolicyRule | PodFailurePolicyRule describes how a pod failure is handled when the requirements are met.
    action#1! string | Specifies the action taken on a pod failure when the requirements are satisfied.
    onExitCodes#2 batch.v1.PodFailurePolicyOnExitCodesRequirement | Represents the requirement on the container exit codes.
    onPodConditions#3 [batch.v1.PodFailurePolicyOnPodConditionsPattern] | Represents the requirement on the pod conditions.
    # batch.v1.PodFailurePolicy | PodFailurePolicy describes how failed pods influence the backoffLimit.
    rules#1! [batch.v1.PodFailurePolicyRule] | A list of pod failure policy rules.
    # batch.v1.SuccessPolicyRule | SuccessPolicyRule describes rule for declaring a Job as succeeded.
    succeededCount#2 integer | succeededCount specifies the minimal required size of the actual set of the succeeded indexes for the Job.
    succeededIndexes#1 string | succeededIndexes specifies the set of indexes which need to be contained in the actual set of the succeeded indexes for the Job.
    # batch.v1.SuccessPolicy | SuccessPolicy describes when a Job can be declared as succeeded based on the success of some indexes.
    rules#1! [batch.v1.SuccessPolicyRule] | rules represents the list of alternative rules for the declaring the Jobs as successful before `.status.succeeded >= .spec.completions`.
    # batch.v1.JobSpec | JobSpec describes how the job execution will look like.
    activeDeadlineSeconds#3 integer | Specifies the duration in seconds relative to the startTime that the job may be continuously active before the system tries to terminate it; value must be positive integer.
    backoffLimit#7 integer default=6 | Specifies the number of retries before marking this job failed.
    backoffLimitPerIndex#12 integer | Specifies the limit for the number of retries within an index before marking this index as failed.
    completionMode#9 string enum=Indexed,NonIndexed default="NonIndexed" | completionMode specifies how Pod completions are tracked.
    completions#2 integer | Specifies the desired number of successfully finished pods the job should be run with.
    managedBy#15 string | ManagedBy field indicates the controller that manages a Job.
    manualSelector#5 boolean | manualSelector controls generation of pod labels and pod selectors.
    maxFailedIndexes#13 integer | Specifies the maximal number of failed indexes before marking the Job as failed, when backoffLimitPerIndex is set.
    parallelism#1 integer | Specifies the maximum desired number of pods the job should run at any given time.
    podFailurePolicy#11 batch.v1.PodFailurePolicy | Specifies the policy of handling failed pods.
    podReplacementPolicy#14 string default="TerminatingOrFailed" | podReplacementPolicy specifies when to create replacement Pods.
    selector#4 meta.v1.LabelSelector atomic | A label query over pods that should match the pod count.
    successPolicy#16 batch.v1.SuccessPolicy | successPolicy specifies the policy when the Job can be declared as succeeded.
    suspend#10 boolean default=false | suspend specifies whether the Job controller should create Pods or not.
    template#6! core.v1.PodTemplateSpec | Describes the pod that will be created when executing a job.
    ttlSecondsAfterFinished#8 integer | ttlSecondsAfterFinished limits the lifetime of a Job that has finished execution (either Complete or Failed).
    # batch.v1.JobCondition | JobCondition describes current state of a job.
    lastProbeTime#3 string/date-time | Last time the condition was checked.
    lastTransitionTime#4 string/date-time | Last time the condition transit from one status to another.
    message#6 string | Human readable message indicating details about last transition.
    reason#5 string | (brief) reason for the condition's last transition.
    status#2! string | Status of the condition, one of True, False, Unknown.
    type#1! string | Type of job condition, Complete or Failed.
    # batch.v1.UncountedTerminatedPods | UncountedTerminatedPods holds UIDs of Pods that have terminated but haven't been accounted in Job status counters.
    failed#2 [string] set | failed holds UIDs of failed Pods.
    succeeded#1 [string] set | succeeded holds UIDs of succeeded Pods.
    # batch.v1.JobStatus | JobStatus represents the current state of a Job.
    active#4 integer | The number of pending and running pods which are not terminating (without a deletionTimestamp).
    completedIndexes#7 string | completedIndexes holds the completed indexes when .spec.completionMode = "Indexed" in a text format.
    completionTime#3 string/date-time | Represents time when the job was completed.
    conditions#1 [batch.v1.JobCondition] merge=type | The latest available observations of an object's current state.
    failed#6 integer | The number of pods which reached phase Failed.
    failedIndexes#10 string | FailedIndexes holds the failed indexes when spec.backoffLimitPerIndex is set.
    ready#9 integer | The number of active pods which have a Ready condition and are not terminating (without a deletionTimestamp).
    startTime#2 string/date-time | Represents time when the job controller started processing a job.
    succeeded#5 integer | The number of pods which reached phase Succeeded.
    terminating#11 integer | The number of pods which are terminating (in phase Pending or Running and have a deletionTimestamp).
    uncountedTerminatedPods#8 batch.v1.UncountedTerminatedPods | uncountedTerminatedPods holds the UIDs of Pods that have terminated but the job controller hasn't yet accounted for in the status counters.
    # batch.v1.Job | Job represents the configuration of a single job.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard object's metadata.
    spec#2 batch.v1.JobSpec | Specification of the desired behavior of a job.
    status#3 batch.v1.JobStatus | Current status of a job.
    # batch.v1.JobTemplateSpec | JobTemplateSpec describes the data a Job should have when created from a template
    metadata#1 meta.v1.ObjectMeta | Standard object's metadata of the jobs created from this template.
    spec#2 batch.v1.JobSpec | Specification of the desired behavior of the job.
    # batch.v1.CronJobSpec | CronJobSpec describes how the job execution will look like and when it will actually run.
    concurrencyPolicy#3 string default="Allow" | Specifies how to treat concurrent executions of a Job.
    failedJobsHistoryLimit#7 integer default=1 | The number of failed finished jobs to retain.
    jobTemplate#5! batch.v1.JobTemplateSpec | Specifies the job that will be created when executing a CronJob.
    schedule#1! string | The schedule in Cron format, see https://en.wikipedia.org/wiki/Cron.
    startingDeadlineSeconds#2 integer | Optional deadline in seconds for starting the job if it misses scheduled time for any reason.
    successfulJobsHistoryLimit#6 integer default=3 | The number of successful finished jobs to retain.
    suspend#4 boolean default=false | This flag tells the controller to suspend subsequent executions, it does not apply to already started executions.
    timeZone#8 string | The time zone name for the given schedule, see https://en.wikipedia.org/wiki/List_of_tz_database_time_zones.
    # batch.v1.CronJobStatus | CronJobStatus represents the current state of a cron job.
    active#1 [core.v1.ObjectReference] | A list of pointers to currently running jobs.
    lastScheduleTime#4 string/date-time | Information when was the last time the job was successfully scheduled.
    lastSuccessfulTime#5 string/date-time | Information when was the last time the job successfully completed.
    # batch.v1.CronJob | CronJob represents the configuration of a single cron job.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard object's metadata.
    spec#2 batch.v1.CronJobSpec | Specification of the desired behavior of a cron job, including the schedule.
    status#3 batch.v1.CronJobStatus | Current status of a cron job.
    # autoscaling.v1.ScaleSpec | ScaleSpec describes the attributes of a scale subresource.
    replicas#1 integer | replicas is the desired number of instances for the scaled object.
    # autoscaling.v1.ScaleStatus | ScaleStatus represents the current status of a scale subresource.
    replicas#1! integer | replicas is the actual number of observed instances of the scaled object.
    selector#2 string | selector is the label query over pods that should match the replicas count.
    # autoscaling.v1.Scale | Scale represents a scaling request for a resource.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard object metadata;
    spec#2 autoscaling.v1.ScaleSpec | spec defines the behavior of the scale.
    status#3 autoscaling.v1.ScaleStatus | status is the current status of the scale.
    # autoscaling.v1.CrossVersionObjectReference atomic | CrossVersionObjectReference contains enough information to let you identify the referred resource.
    apiVersion#3 string | apiVersion is the API version of the referent
    kind#1! string | kind is the kind of the referent;
    name#2! string | name is the name of the referent;
    # autoscaling.v1.HorizontalPodAutoscalerSpec | specification of a horizontal pod autoscaler.
    maxReplicas#3! integer | maxReplicas is the upper limit for the number of pods that can be set by the autoscaler; cannot be smaller than MinReplicas.
    minReplicas#2 integer default=1 | minReplicas is the lower limit for the number of replicas to which the autoscaler can scale down.
    scaleTargetRef#1! autoscaling.v1.CrossVersionObjectReference atomic | reference to scaled resource; horizontal pod autoscaler will learn the current resource consumption and will set the desired number of pods by using its Scale subresource.
    targetCPUUtilizationPercentage#4 integer | targetCPUUtilizationPercentage is the target average CPU utilization (represented as a percentage of requested CPU) over all the pods; if not specified the default autoscaling policy will be used.
    # autoscaling.v1.HorizontalPodAutoscalerStatus | current status of a horizontal pod autoscaler
    currentCPUUtilizationPercentage#5 integer | currentCPUUtilizationPercentage is the current average CPU utilization over all pods, represented as a percentage of requested CPU, e.g. 70 means that an average pod is using now 70% of its requested
    currentReplicas#3! integer | currentReplicas is the current number of replicas of pods managed by this autoscaler.
    desiredReplicas#4! integer | desiredReplicas is the desired number of replicas of pods managed by this autoscaler.
    lastScaleTime#2 string/date-time | lastScaleTime is the last time the HorizontalPodAutoscaler scaled the number of pods; used by the autoscaler to control how often the number of pods is changed.
    observedGeneration#1 integer | observedGeneration is the most recent generation observed by this autoscaler.
    # autoscaling.v1.HorizontalPodAutoscaler | configuration of a horizontal pod autoscaler.
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | Standard object metadata.
    spec#2 autoscaling.v1.HorizontalPodAutoscalerSpec | spec defines the behaviour of autoscaler.
    status#3 autoscaling.v1.HorizontalPodAutoscalerStatus | status is the current information about the autoscaler.
    # autoscaling.v2.HPAScalingPolicy | HPAScalingPolicy is a single policy which must hold true for a specified past interval.
    periodSeconds#3! integer | periodSeconds specifies the window of time for which the policy should hold true.
    type#1! string | type is used to specify the scaling policy.
    value#2! integer | value contains the amount of change which is permitted by the policy.
    # autoscaling.v2.HPAScalingRules | HPAScalingRules configures the scaling behavior for one direction.
    policies#2 [autoscaling.v2.HPAScalingPolicy] | policies is a list of potential scaling polices which can be used during scaling.
    selectPolicy#1 string | selectPolicy is used to specify which policy should be used.
    stabilizationWindowSeconds#3 integer | stabilizationWindowSeconds is the number of seconds for which past recommendations should be considered while scaling up or scaling down.
    # autoscaling.v2.HorizontalPodAutoscalerBehavior | HorizontalPodAutoscalerBehavior configures the scaling behavior of the target in both Up and Down directions (scaleUp and scaleDown fields respectively).
    scaleDown#2 autoscaling.v2.HPAScalingRules | scaleDown is scaling policy for scaling Down.
    scaleUp#1 autoscaling.v2.HPAScalingRules | scaleUp is scaling policy for scaling Up.
    # autoscaling.v2.MetricTarget | MetricTarget defines the target value, average value, or average utilization of a specific metric
    averageUtilization#4 integer | averageUtilization is the target value of the average of the resource metric across all relevant pods, represented as a percentage of the requested value of the resource for the pods.
    averageValue#3 quantity | averageValue is the target value of the average of the metric across all relevant pods (as a quantity)
    type#1! string | type represents whether the metric type is Utilization, Value, or AverageValue
    value#2 quantity | value is the target value of the metric (as a quantity).
    # autoscaling.v2.ContainerResourceMetricSource | ContainerResourceMetricSource indicates how to scale on a resource metric known to Kubernetes, as specified in requests and limits, describing each pod in the current scale target (e.g. CPU or memory)
    container#3! string | container is the name of the container in the pods of the scaling target
    name#1! string | name is the name of the resource in question.
    target#2! autoscaling.v2.MetricTarget | target specifies the target value for the given metric
    # autoscaling.v2.MetricIdentifier | MetricIdentifier defines the name and optionally selector for a metric
    name#1! string | name is the name of the given metric
    selector#2 meta.v1.LabelSelector atomic | selector is the string-encoded form of a standard kubernetes label selector for the given metric When set, it is passed as an additional parameter to the metrics server for more specific metrics scopi
    # autoscaling.v2.ExternalMetricSource | ExternalMetricSource indicates how to scale on a metric not associated with any Kubernetes object (for example length of queue in cloud messaging service, or QPS from loadbalancer running outside of c
    metric#1! autoscaling.v2.MetricIdentifier | metric identifies the target metric by name and selector
    target#2! autoscaling.v2.MetricTarget | target specifies the target value for the given metric
    # autoscaling.v2.CrossVersionObjectReference | CrossVersionObjectReference contains enough information to let you identify the referred resource.
    apiVersion#3 string | apiVersion is the API version of the referent
    kind#1! string | kind is the kind of the referent;
    name#2! string | name is the name of the referent;
    # autoscaling.v2.ObjectMetricSource | ObjectMetricSource indicates how to scale on a metric describing a kubernetes object (for example, hits-per-second on an Ingress object).
    describedObject#1! autoscaling.v2.CrossVersionObjectReference | describedObject specifies the descriptions of a object,such as kind,name apiVersion
    metric#3! autoscaling.v2.MetricIdentifier | metric identifies the target metric by name and selector
    target#2! autoscaling.v2.MetricTarget | target specifies the target value for the given metric
    # autoscaling.v2.PodsMetricSource | PodsMetricSource indicates how to scale on a metric describing each pod in the current scale target (for example, transactions-processed-per-second).
    metric#1! autoscaling.v2.MetricIdentifier | metric identifies the target metric by name and selector
    target#2! autoscaling.v2.MetricTarget | target specifies the target value for the given metric
    # autoscaling.v2.ResourceMetricSource | ResourceMetricSource indicates how to scale on a resource metric known to Kubernetes, as specified in requests and limits, describing each pod in the current scale target (e.g. CPU or memory).
    name#1! string | name is the name of the resource in question.
    target#2! autoscaling.v2.MetricTarget | target specifies the target value for the given metric
    # autoscaling.v2.MetricSpec | MetricSpec specifies how to scale based on a single metric (only `type` and one other matching field should be set at once).
    containerResource#7 autoscaling.v2.ContainerResourceMetricSource | containerResource refers to a resource metric (such as those specified in requests and limits) known to Kubernetes describing a single container in each pod of the current scale target (e.g. CPU or me
    external#5 autoscaling.v2.ExternalMetricSource | external refers to a global metric that is not associated with any Kubernetes object.
    object#2 autoscaling.v2.ObjectMetricSource | object refers to a metric describing a single kubernetes object (for example, hits-per-second on an Ingress object).
    pods#3 autoscaling.v2.PodsMetricSource | pods refers to a metric describing each pod in the current scale target (for example, transactions-processed-per-second).
    resource#4 autoscaling.v2.ResourceMetricSource | resource refers to a resource metric (such as those specified in requests and limits) known to Kubernetes describing each pod in the current scale target (e.g. CPU or memory).
    type#1! string | type is the type of metric source.
    # autoscaling.v2.HorizontalPodAutoscalerSpec | HorizontalPodAutoscalerSpec describes the desired functionality of the HorizontalPodAutoscaler.
    behavior#5 autoscaling.v2.HorizontalPodAutoscalerBehavior | behavior configures the scaling behavior of the target in both Up and Down directions (scaleUp and scaleDown fields respectively).
    maxReplicas#3! integer | maxReplicas is the upper limit for the number of replicas to which the autoscaler can scale up.
    metrics#4 [autoscaling.v2.MetricSpec] | metrics contains the specifications for which to use to calculate the desired replica count (the maximum replica count across all metrics will be used).
    minReplicas#2 integer default=1 | minReplicas is the lower limit for the number of replicas to which the autoscaler can scale down.
    scaleTargetRef#1! autoscaling.v2.CrossVersionObjectReference | scaleTargetRef points to the target resource to scale, and is used to the pods for which metrics should be collected, as well as to actually change the replica count.
    # autoscaling.v2.HorizontalPodAutoscalerCondition | HorizontalPodAutoscalerCondition describes the state of a HorizontalPodAutoscaler at a certain point.
    lastTransitionTime#3 string/date-time | lastTransitionTime is the last time the condition transitioned from one status to another
    message#5 string | message is a human-readable explanation containing details about the transition
    reason#4 string | reason is the reason for the condition's last transition.
    status#2! string | status is the status of the condition (True, False, Unknown)
    type#1! string | type describes the current condition
    # autoscaling.v2.MetricValueStatus | MetricValueStatus holds the current value for a metric
    averageUtilization#3 integer | currentAverageUtilization is the current value of the average of the resource metric across all relevant pods, represented as a percentage of the requested value of the resource for the pods.
    averageValue#2 quantity | averageValue is the current value of the average of the metric across all relevant pods (as a quantity)
    value#1 quantity | value is the current value of the metric (as a quantity).
    # autoscaling.v2.ContainerResourceMetricStatus | ContainerResourceMetricStatus indicates the current value of a resource metric known to Kubernetes, as specified in requests and limits, describing a single container in each pod in the current scale
    container#3! string | container is the name of the container in the pods of the scaling target
    current#2! autoscaling.v2.MetricValueStatus | current contains the current value for the given metric
    name#1! string | name is the name of the resource in question.
    # autoscaling.v2.ExternalMetricStatus | ExternalMetricStatus indicates the current value of a global metric not associated with any Kubernetes object.
    current#2! autoscaling.v2.MetricValueStatus | current contains the current value for the given metric
    metric#1! autoscaling.v2.MetricIdentifier | metric identifies the target metric by name and selector
    # autoscaling.v2.ObjectMetricStatus | ObjectMetricStatus indicates the current value of a metric describing a kubernetes object (for example, hits-per-second on an Ingress object).
    current#2! autoscaling.v2.MetricValueStatus | current contains the current value for the given metric
    describedObject#3! autoscaling.v2.CrossVersionObjectReference | DescribedObject specifies the descriptions of a object,such as kind,name apiVersion
    metric#1! autoscaling.v2.MetricIdentifier | metric identifies the target metric by name and selector
    # autoscaling.v2.PodsMetricStatus | PodsMetricStatus indicates the current value of a metric describing each pod in the current scale target (for example, transactions-processed-per-second).
    current#2! autoscaling.v2.MetricValueStatus | current contains the current value for the given metric
    metric#1! autoscaling.v2.MetricIdentifier | metric identifies the target metric by name and selector
    # autoscaling.v2.ResourceMetricStatus | ResourceMetricStatus indicates the current value of a resource metric known to Kubernetes, as specified in requests and limits, describing each pod in the current scale target (e.g. CPU or memory).
    current#2! autoscaling.v2.MetricValueStatus | current contains the current value for the given metric
    name#1! string | name is the name of the resource in question.
    # autoscaling.v2.MetricStatus | MetricStatus describes the last-read state of a single metric.
    containerResource#7 autoscaling.v2.ContainerResourceMetricStatus | container resource refers to a resource metric (such as those specified in requests and limits) known to Kubernetes describing a single container in each pod in the current scale target (e.g. CPU or m
    external#5 autoscaling.v2.ExternalMetricStatus | external refers to a global metric that is not associated with any Kubernetes object.
    object#2 autoscaling.v2.ObjectMetricStatus | object refers to a metric describing a single kubernetes object (for example, hits-per-second on an Ingress object).
    pods#3 autoscaling.v2.PodsMetricStatus | pods refers to a metric describing each pod in the current scale target (for example, transactions-processed-per-second).
    resource#4 autoscaling.v2.ResourceMetricStatus | resource refers to a resource metric (such as those specified in requests and limits) known to Kubernetes describing each pod in the current scale target (e.g. CPU or memory).
    type#1! string | type is the type of metric source.
    # autoscaling.v2.HorizontalPodAutoscalerStatus | HorizontalPodAutoscalerStatus describes the current status of a horizontal pod autoscaler.
    conditions#6 [autoscaling.v2.HorizontalPodAutoscalerCondition] merge=type map=type | conditions is the set of conditions required for this autoscaler to scale its target, and indicates whether or not those conditions are met.
    currentMetrics#5 [autoscaling.v2.MetricStatus] | currentMetrics is the last read state of the metrics used by this autoscaler.
    currentReplicas#3 integer | currentReplicas is current number of replicas of pods managed by this autoscaler, as last seen by the autoscaler.
    desiredReplicas#4! integer | desiredReplicas is the desired number of replicas of pods managed by this autoscaler, as last calculated by the autoscaler.
    lastScaleTime#2 string/date-time | lastScaleTime is the last time the HorizontalPodAutoscaler scaled the number of pods, used by the autoscaler to control how often the number of pods is changed.
    observedGeneration#1 integer | observedGeneration is the most recent generation observed by this autoscaler.
    # autoscaling.v2.HorizontalPodAutoscaler | HorizontalPodAutoscaler is the configuration for a horizontal pod autoscaler, which automatically manages the replica count of any resource implementing the scale subresource based on the metrics spec
    apiVersion string | APIVersion defines the versioned schema of this representation of an object.
    kind string | Kind is a string value representing the REST resource this object represents.
    metadata#1 meta.v1.ObjectMeta | metadata is the standard object metadata.
    spec#2 autoscaling.v2.HorizontalPodAutoscalerSpec | spec is the specification for the behaviour of the autoscaler.
    status#3 autoscaling.v2.HorizontalPodAutoscalerStatus | status is the current information about the autoscaler.
    """#
}
