# Read by each job before its tool runs. Since version 23.02 Slurm tells a job in SLURM_JOB_END_TIME when its time limit
# ends it; before that, ask. A training then ends in time, with all outputs, rather than being killed.
if [ -z "$SLURM_JOB_END_TIME" ] && [ -n "$SLURM_JOB_ID" ]; then
    SLURM_JOB_END_TIME=$(squeue --noheader --jobs "$SLURM_JOB_ID" --Format EndTime)
    # "N/A" where there is no limit: no date, and so nothing is exported.
    SLURM_JOB_END_TIME=$(date --date "$(echo ${SLURM_JOB_END_TIME:-none})" +%s 2>/dev/null)
    [ -n "$SLURM_JOB_END_TIME" ] && export SLURM_JOB_END_TIME || unset SLURM_JOB_END_TIME
fi
