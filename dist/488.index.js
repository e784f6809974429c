export const id = 488;
export const ids = [488];
export const modules = {

/***/ 3488:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   CloudWatchMetrics: () => (/* binding */ CloudWatchMetrics)
/* harmony export */ });
/* harmony import */ var _aws_sdk_client_cloudwatch__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(4085);
/* harmony import */ var _ports_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(391);
/* harmony import */ var _client_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(542);
/* harmony import */ var _errors_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(6762);
/* harmony import */ var _pages_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(2909);





/** GetMetricData takes so many queries in a call. */
const queriesPerCall = 500;
/** What Lambda's metrics are, by minute; all series in as few calls as CloudWatch allows. */
class CloudWatchMetrics {
    #cloudwatch;
    constructor(cloudwatch) {
        this.#cloudwatch = cloudwatch;
    }
    async read(series, window, cut) {
        const starts = Array.from({ length: Math.ceil(series.length / queriesPerCall) }, (_, i) => i * queriesPerCall);
        const parts = await Promise.all(starts.map(start => this.#readSome(series.slice(start, start + queriesPerCall), window, cut)));
        return parts.flat();
    }
    /** One call with all its pages. A result may be spread over several of them. */
    #readSome(series, { from, to, periodS }, cut) {
        return (0,_errors_js__WEBPACK_IMPORTED_MODULE_2__/* .doing */ .Y)({ what: 'read the metrics', action: 'cloudwatch:GetMetricData', resource: '*' }, async () => {
            const points = series.map(() => new Map());
            const query = {
                MetricDataQueries: series.map((one, i) => queryOf(one, i, periodS)),
                StartTime: new Date(from),
                EndTime: new Date(to),
                ScanBy: 'TimestampAscending',
            };
            const pages = (0,_aws_sdk_client_cloudwatch__WEBPACK_IMPORTED_MODULE_3__.paginateGetMetricData)({ client: this.#cloudwatch }, query, (0,_client_js__WEBPACK_IMPORTED_MODULE_1__/* .callOptions */ .jp)(cut));
            for await (const { MetricDataResults = [] } of (0,_pages_js__WEBPACK_IMPORTED_MODULE_4__/* .pagesOf */ .E)(pages, 'NextToken')) {
                for (const { Id = '', Timestamps = [], Values = [], StatusCode } of MetricDataResults) {
                    if (StatusCode === 'InternalError' || StatusCode === 'Forbidden')
                        throw unreadable(StatusCode);
                    Timestamps.forEach((at, i) => {
                        points[Number(Id.slice(1))]?.set(at.getTime(), Values[i] ?? 0);
                    });
                }
            }
            return points;
        });
    }
}
function unreadable(status) {
    const kind = status === 'Forbidden' ? 'denied' : 'unavailable';
    return new _ports_js__WEBPACK_IMPORTED_MODULE_0__/* .CallFailed */ .E(kind, `could not read the metrics, because CloudWatch answers ${status}`, kind === 'denied' ? 'allow cloudwatch:GetMetricData on *' : 're-run');
}
/** The exact dimensions under which Lambda counts an alias's invocations, of all versions or of one. */
function queryOf({ functionName, alias, version, metric, stat }, i, periodS) {
    const dimensions = [
        { Name: 'FunctionName', Value: functionName },
        { Name: 'Resource', Value: `${functionName}:${alias}` },
        ...(version === undefined ? [] : [{ Name: 'ExecutedVersion', Value: version }]),
    ];
    return {
        Id: `m${i}`,
        MetricStat: {
            Metric: { Namespace: 'AWS/Lambda', MetricName: metric, Dimensions: dimensions },
            Period: periodS,
            Stat: stat,
        },
    };
}


/***/ })

};
